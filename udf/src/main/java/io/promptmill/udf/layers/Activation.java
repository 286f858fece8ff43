package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.ElementKernels;

/** What a feed-forward layer does with its hidden numbers. */
public enum Activation {
    /** {@code x * sigmoid(x)} (Elfwing et al. 2017, arXiv:1702.03118), as SwiGLU takes it. */
    SILU,
    /** The form of GELU with a tangent; see {@link ElementKernels#gelu}. */
    GELU,
    /** SwiGLU with limits; see {@link ElementKernels#limitedSiluMultiply}. Only with a gate. */
    LIMITED_SILU;

    private static final float LIMITED_ALPHA = 1.702f;
    private static final float LIMIT = 7f;

    /** {@code gate = activation(gate) * up} for the elements {@code [from, to)}. */
    void multiply(ElementKernels kernels, float[] gate, float[] up, int from, int to) {
        switch (this) {
            case SILU -> kernels.siluMultiply(gate, up, from, to);
            case GELU -> kernels.geluMultiply(gate, up, from, to);
            case LIMITED_SILU -> kernels.limitedSiluMultiply(gate, up, LIMITED_ALPHA, LIMIT, from, to);
        }
    }

    /** {@code values = activation(values)} for the elements {@code [from, to)}. */
    void apply(ElementKernels kernels, float[] values, int from, int to) {
        if (this != GELU) {
            throw new UnsupportedOperationException(this + " without a gate");
        }
        kernels.gelu(values, from, to);
    }
}
