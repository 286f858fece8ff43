package io.promptmill.udf.kernels;

/**
 * Norms of a run of features of the sixteen rows of a tile, {@code [features x 16]} from {@code offset} of {@code input}
 * to {@code outputOffset} of {@code output}, which may be the same place. Sums are taken in four partial sums by
 * {@code feature % 4}, added as {@code (s0 + s1) + (s2 + s3)}. A row whose squares overflow becomes NaN instead of zeros,
 * so that damaged weights show in the logits. Thread-safe for disjoint outputs.
 */
public interface NormKernels {

    /**
     * {@code output = input / sqrt(mean(input^2) + epsilon) * weight} (Zhang and Sennrich 2019, arXiv:1910.07467).
     *
     * @param weight {@code [features]} from {@code weightOffset}
     */
    void rms(
            float[] input,
            int offset,
            int features,
            float[] weight,
            int weightOffset,
            float epsilon,
            float[] output,
            int outputOffset);

    /**
     * {@code output = (input - mean) / sqrt(variance + epsilon) * weight + bias} (Ba et al. 2016, arXiv:1607.06450).
     *
     * @param weight {@code [features]} from {@code weightOffset}
     * @param bias as {@code weight}; null for none
     */
    void layer(
            float[] input,
            int offset,
            int features,
            float[] weight,
            float[] bias,
            int weightOffset,
            float epsilon,
            float[] output,
            int outputOffset);
}
