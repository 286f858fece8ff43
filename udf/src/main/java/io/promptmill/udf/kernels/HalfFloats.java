package io.promptmill.udf.kernels;

/**
 * Conversion of 16-bit floats (IEEE 754 binary16 and bfloat16) to 32 bits; both are exact. A table of all 65,536
 * halves (256 KiB) because {@code Float.float16ToFloat} appeared after JDK 17.
 */
final class HalfFloats {
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
