package io.promptmill.udf.scheduler;

/**
 * Tokens {@code [start, start + count)} of a sequence that are computed in a step.
 *
 * @param last whether all known tokens are computed with it, so that the next one can be sampled
 */
public record Chunk(Sequence sequence, int start, int count, boolean last) {

    /** How many of its positions give logits or, see {@link Sequence#givesStates}, states: the last ones. */
    public int outputs() {
        return sequence.outputs(start, count);
    }
}
