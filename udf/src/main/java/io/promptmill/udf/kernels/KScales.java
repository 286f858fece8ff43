package io.promptmill.udf.kernels;

/**
 * The packed 6-bit scales and minima of Q4_K and Q5_K: eight of each in 12 bytes. Bytes 0-3 hold scales 0-3 and bytes
 * 4-7 minima 0-3 in their low six bits; bytes 8-11 hold the low nibbles of scales and minima 4-7, whose top two bits
 * sit above those of the first four. Source: ggml-org/ggml, {@code src/ggml-quants.c}, {@code get_scale_min_k4}.
 *
 * <p>Q3_K has sixteen scales in as many bytes: bytes 0-7 hold the low nibbles of scales 0-7 and, above them, of scales
 * 8-15; bytes 8-11 the top two bits of scales 0-3, 4-7, 8-11 and 12-15, the first of these lowest. Source: ibid.,
 * {@code dequantize_row_q3_K}.
 */
final class KScales {
    private KScales() {}

    /** Scale of run {@code run} (0 to 7), 0 to 63, of the 12 bytes at {@code packed}. */
    static int scale(byte[] source, int packed, int run) {
        return run < 4
                ? source[packed + run] & 0x3F
                : source[packed + 4 + run] & 0xF | (source[packed + run - 4] & 0xC0) >> 2;
    }

    /** Minimum of run {@code run} (0 to 7), 0 to 63. */
    static int minimum(byte[] source, int packed, int run) {
        return run < 4
                ? source[packed + 4 + run] & 0x3F
                : source[packed + 4 + run] >> 4 & 0xF | (source[packed + run] & 0xC0) >> 2;
    }

    /** Scale of run {@code run} (0 to 15) of Q3_K, -32 to 31. */
    static int scaleOfSixteen(byte[] source, int packed, int run) {
        int low = source[packed + (run & 7)] >> (run >> 3) * 4 & 0xF;
        int high = source[packed + 8 + (run & 3)] >> (run >> 2) * 2 & 3;
        return (low | high << 4) - 32;
    }
}
