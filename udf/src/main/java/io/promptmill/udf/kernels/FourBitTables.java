package io.promptmill.udf.kernels;

/** What the four bits of the non-linear formats stand for, and the scales of those whose scale is not a half. */
final class FourBitTables {
    /** Of IQ4_NL and IQ4_XS. Source: ggml-org/ggml, {@code src/ggml-common.h}, {@code kvalues_iq4nl}. */
    private static final byte[] IQ4 = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    /**
     * Of MXFP4 and NVFP4: twice the value of a float of one sign, two exponent and one mantissa bits, without a negative
     * zero. Source: Open Compute Project, Microscaling Formats (MX) Specification 1.0, section 5.3.3 (E2M1).
     */
    private static final byte[] FP4 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    private FourBitTables() {}

    /** The sixteen values of IQ4_NL and IQ4_XS. */
    static byte[] iq4() {
        return IQ4.clone();
    }

    /** The sixteen values of MXFP4 and NVFP4, doubled; their scales are halved. */
    static byte[] fp4() {
        return FP4.clone();
    }

    static int iq4(int fourBits) {
        return IQ4[fourBits];
    }

    static int fp4(int fourBits) {
        return FP4[fourBits];
    }

    /**
     * Half of the power of two that the eight exponent bits of MXFP4 stand for: {@code 2^(bits - 128)}. The specification
     * has NaN for 255; here, as in ggml-org/ggml ({@code ggml_e8m0_to_fp32_half}), it is 2^127.
     */
    static float halfPowerOfTwo(int bits) {
        // The two smallest lie below the normal floats.
        return Float.intBitsToFloat(bits < 2 ? 1 << 21 + bits : bits - 1 << 23);
    }

    /**
     * Half of the unsigned float of four exponent and three mantissa bits that scales 16 values of NVFP4. The top bit is
     * ignored, except that 127 alone, NaN elsewhere, is zero. Source: ggml-org/ggml, {@code src/ggml-impl.h},
     * {@code ggml_ue4m3_to_fp32}.
     */
    static float halfOfE4M3(int bits) {
        int exponent = bits >> 3 & 0xF;
        int mantissa = bits & 7;
        if (bits == 0x7F) {
            return 0;
        }
        return exponent == 0 ? mantissa * 0x1p-10f : Float.intBitsToFloat(exponent + 119 << 23 | mantissa << 20);
    }
}
