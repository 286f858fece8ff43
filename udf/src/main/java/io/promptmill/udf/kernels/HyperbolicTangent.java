package io.promptmill.udf.kernels;

/**
 * The hyperbolic tangent in single precision, to some units in the last place, with the same sequence of operations in
 * scalar and vector kernels: below {@link #SMALL} an odd polynomial with the coefficients of Cephes (Moshier 1989,
 * {@code tanhf}), above it {@code 1 - 2 / (e^(2|x|) + 1)}.
 */
final class HyperbolicTangent {
    static final float SMALL = 0.625f;
    static final float C3 = -3.33332819422e-1f;
    static final float C5 = 1.33314422036e-1f;
    static final float C7 = -5.37397155531e-2f;
    static final float C9 = 2.06390887954e-2f;
    static final float C11 = -5.70498872745e-3f;

    private HyperbolicTangent() {}

    static float tanh(float x) {
        float magnitude = Math.abs(x);
        if (magnitude < SMALL) {
            float z = x * x;
            float p = Math.fma(C11, z, C9);
            p = Math.fma(p, z, C7);
            p = Math.fma(p, z, C5);
            p = Math.fma(p, z, C3);
            return Math.fma(p * z, x, x);
        }
        float large = 1f - 2f / (Exponential.exp(magnitude + magnitude) + 1f);
        return x < 0 ? -large : large;
    }
}
