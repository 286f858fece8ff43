package io.promptmill.udf.model;

/**
 * What a model is built for.
 *
 * @param rows of a step at most, for which buffers are allocated
 * @param outputs rows of a step at most whose logits are needed
 * @param context tokens of a sequence at most
 */
public record ModelSize(int rows, int outputs, int context) {}
