package io.promptmill.udf.kernels;

/**
 * Conversion of 16-bit floats (IEEE 754 binary16 and bfloat16) to 32 bits, both exact, and of floats to halves. A table
 * of all 65,536 halves (256 KiB) because {@code Float.float16ToFloat} appeared after JDK 17.
 */
final class HalfFloats {
    /** The largest half, 65504, as a float. */
    static final int LARGEST = 0x477FE000;
    /** Exponent of the smallest normal half, in a float's place. */
    static final int SMALLEST_EXPONENT = 113 << 23;
    /** Adding 2^13 times a number's power of two pushes all but a half's ten digits out of a float. */
    static final int ROUNDING_EXPONENT = 13 << 23;

    static final int NOT_A_NUMBER = 0x7E00;
    static final int INFINITY = 0x7F800000;

    private static final float[] FLOATS = new float[1 << 16];

    static {
        for (int bits = 0; bits < FLOATS.length; bits++) {
            FLOATS[bits] = convert(bits);
        }
    }

    private HalfFloats() {}

    /** The value of the half whose bits are the low 16 of {@code bits}; the rest is ignored. */
    static float fromHalf(int bits) {
        return FLOATS[bits & 0xFFFF];
    }

    /**
     * The half nearest to a number, ties to even. What lies beyond the largest half becomes that, not an infinity, so
     * that one outlier does not spoil a sum; infinities and NaN become NaN, so that damage shows.
     */
    static short toHalf(float value) {
        int bits = Float.floatToRawIntBits(value);
        int magnitude = bits & 0x7FFFFFFF;
        int bounded = Math.min(magnitude, LARGEST);
        int exponent = Math.max(bounded & INFINITY, SMALLEST_EXPONENT);
        int rounding = exponent + ROUNDING_EXPONENT;
        int rounded = Float.floatToRawIntBits(Float.intBitsToFloat(bounded) + Float.intBitsToFloat(rounding));
        int half = rounded - rounding + (exponent - SMALLEST_EXPONENT >>> 13);
        return (short) ((magnitude >= INFINITY ? NOT_A_NUMBER : half) | bits >>> 16 & 0x8000);
    }

    /** The value of the half stored at {@code offset}, low byte first. */
    static float halfAt(byte[] source, int offset) {
        return FLOATS[bitsAt(source, offset)];
    }

    /** The value of the bfloat16 stored at {@code offset}, low byte first. */
    static float brainFloatAt(byte[] source, int offset) {
        return Float.intBitsToFloat(bitsAt(source, offset) << 16);
    }

    private static int bitsAt(byte[] source, int offset) {
        return source[offset] & 0xFF | (source[offset + 1] & 0xFF) << 8;
    }

    private static float convert(int bits) {
        int sign = (bits & 0x8000) << 16;
        int exponent = bits >> 10 & 0x1F;
        int mantissa = bits & 0x3FF;
        if (exponent == 0) {
            float magnitude = mantissa * 0x1p-24f;
            return sign == 0 ? magnitude : -magnitude;
        }
        // 127 - 15 moves the bias; an exponent of all ones (infinity, NaN) stays all ones.
        int widened = exponent == 0x1F ? 0xFF : exponent + 112;
        return Float.intBitsToFloat(sign | widened << 23 | mantissa << 13);
    }
}
