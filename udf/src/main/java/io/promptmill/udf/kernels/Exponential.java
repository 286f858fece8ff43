package io.promptmill.udf.kernels;

/**
 * The exponential function in single precision, to about one unit in the last place, with the same sequence of
 * operations in scalar and vector kernels: {@code e^x = 2^n * e^r}, {@code n = round(x / ln 2)}, ln 2 subtracted in two
 * parts (Cody and Waite 1980), and a polynomial for {@code e^r}, {@code |r| <= ln 2 / 2}: the Taylor series to degree 7,
 * whose remainder is below 6e-9 there.
 */
final class Exponential {
    /** Below this the result is 0 (no denormal numbers). */
    static final float MINIMUM = -87.33654f;
    /** Above this the result would leave the range of the rounding step; it is cut there. */
    static final float MAXIMUM = 88.37626f;

    static final float LOG2_E = 1.44269504f;
    /** Adding and subtracting 1.5 * 2^23 rounds a small float to the nearest integer. */
    static final float ROUND = 12582912f;

    static final float LN2_HIGH = 0.693359375f;
    static final float LN2_LOW = -2.12194440e-4f;
    static final float C2 = 0.5f;
    static final float C3 = 1f / 6;
    static final float C4 = 1f / 24;
    static final float C5 = 1f / 120;
    static final float C6 = 1f / 720;
    static final float C7 = 1f / 5040;

    private Exponential() {}

    static float exp(float x) {
        if (Float.isNaN(x)) {
            return x;
        }
        float bounded = Math.max(MINIMUM, Math.min(MAXIMUM, x));
        float shifted = Math.fma(bounded, LOG2_E, ROUND);
        float n = shifted - ROUND;
        float r = Math.fma(n, -LN2_HIGH, bounded);
        r = Math.fma(n, -LN2_LOW, r);
        float p = Math.fma(C7, r, C6);
        p = Math.fma(p, r, C5);
        p = Math.fma(p, r, C4);
        p = Math.fma(p, r, C3);
        p = Math.fma(p, r, C2);
        p = Math.fma(p, r, 1f);
        p = Math.fma(p, r, 1f);
        // The low bits of the shifted number are n itself; moved into the exponent field they scale by 2^n.
        float scale = Float.intBitsToFloat((Float.floatToRawIntBits(shifted) + 127) << 23);
        return x < MINIMUM ? 0f : p * scale;
    }
}
