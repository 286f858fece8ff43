package io.promptmill.udf.model;

/**
 * What a model is built for.
 *
 * @param rows of a step at most, for which buffers are allocated
 * @param outputs rows of a step at most whose logits are needed
 * @param context tokens of a sequence at most
 * @param vocabulary ids that the tokenizer knows; a model's tables may have more rows, to fill them up, whose logits are
 *     not computed
 */
public record ModelSize(int rows, int outputs, int context, int vocabulary) {

    /** Where the tables have no rows to spare. */
    public ModelSize(int rows, int outputs, int context) {
        this(rows, outputs, context, Integer.MAX_VALUE);
    }
}
