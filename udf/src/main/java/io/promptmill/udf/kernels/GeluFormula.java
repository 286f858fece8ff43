package io.promptmill.udf.kernels;

/** The constants of {@link ElementKernels#gelu}, and its scalar form. */
final class GeluFormula {
    /** {@code -2 * sqrt(2 / pi)}. */
    static final float FACTOR = -1.5957691216f;

    static final float CUBE = 0.044715f;

    private GeluFormula() {}

    static float gelu(float x) {
        float exponent = FACTOR * (x * Math.fma(CUBE * x, x, 1f));
        return x / (1f + Exponential.exp(exponent));
    }
}
