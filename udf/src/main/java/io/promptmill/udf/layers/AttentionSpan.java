package io.promptmill.udf.layers;

/**
 * What an attention layer sees, where layers differ in it.
 *
 * @param window positions that a row sees, its own the last (Beltagy et al. 2020, arXiv:2004.05150); 0 for all
 * @param sinks of each query head, a score without a value that takes a part of the weight (OpenAI 2025,
 *     arXiv:2508.10925); null for none
 */
public record AttentionSpan(int window, float[] sinks) {
    /** All positions up to the row's own. */
    public static final AttentionSpan ALL = new AttentionSpan(0, null);
}
