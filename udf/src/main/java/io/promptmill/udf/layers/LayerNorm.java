package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.NormKernels;

/** Layer norm (Ba et al. 2016, arXiv:1607.06450). */
public final class LayerNorm extends Norm {
    private final int features;
    private final float[] weight;
    private final float[] bias;
    private final float epsilon;

    /**
     * @param weight {@code [features]}, or {@code [groups x features]}
     * @param bias as the weight; null for none
     */
    public LayerNorm(Compute compute, int features, float[] weight, float[] bias, float epsilon) {
        super(compute, features, weight.length);
        this.features = features;
        this.weight = weight;
        this.bias = bias;
        this.epsilon = epsilon;
    }

    @Override
    void apply(NormKernels kernels, float[] input, int offset, int weightOffset, float[] output, int outputOffset) {
        kernels.layer(input, offset, features, weight, bias, weightOffset, epsilon, output, outputOffset);
    }
}
