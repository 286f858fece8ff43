package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.NormKernels;

/** Root-mean-square norm (Zhang and Sennrich 2019, arXiv:1910.07467). */
public final class RmsNorm extends Norm {
    private final int features;
    private final float[] weight;
    private final float epsilon;

    /**
     * @param weight {@code [features]}, or {@code [groups x features]}
     */
    public RmsNorm(Compute compute, int features, float[] weight, float epsilon) {
        super(compute, features, weight.length);
        this.features = features;
        this.weight = weight;
        this.epsilon = epsilon;
    }

    @Override
    void apply(NormKernels kernels, float[] input, int offset, int weightOffset, float[] output, int outputOffset) {
        kernels.rms(input, offset, features, weight, weightOffset, epsilon, output, outputOffset);
    }
}
