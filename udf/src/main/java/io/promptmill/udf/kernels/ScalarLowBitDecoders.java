package io.promptmill.udf.kernels;

/**
 * Decoders of one block of numbers of three bits at most. Ranges have been checked. Names as in
 * {@link ScalarBlockDecoders}, which also says where formats are from.
 */
final class ScalarLowBitDecoders {
    private static final int[] POWERS_OF_THREE = {1, 3, 9, 27, 81};

    private ScalarLowBitDecoders() {}

    /** {@code d, q[128] of 1 bit}: {@code d} where it is set, else {@code -d}. */
    static void decodeQ1Zero(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from);
        for (int j = 0; j < 128; j++) {
            target[to + j] = (source[from + 2 + (j >> 3)] >> (j & 7) & 1) == 1 ? scale : -scale;
        }
    }

    /** {@code d, q[64] of 2 bits}, neighbours in a byte: {@code (q - 1) * d}. */
    static void decodeQ2Zero(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from);
        for (int j = 0; j < 64; j++) {
            target[to + j] = ((source[from + 2 + (j >> 2)] >> (j & 3) * 2 & 3) - 1) * scale;
        }
    }

    /**
     * {@code pairs[16] of scale (low) and minimum, q[256] of 2 bits, d, dmin}: {@code (d * scale) * q - dmin * minimum}
     * by runs of 16.
     */
    static void decodeQ2K(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from + 80);
        float minimum = HalfFloats.halfAt(source, from + 82);
        for (int run = 0; run < 16; run++) {
            float runScale = scale * (source[from + run] & 0xF);
            float runMinimum = minimum * (source[from + run] >> 4 & 0xF);
            int quants = from + 16 + twoBitRun(run);
            int shift = twoBitShift(run);
            for (int j = 0; j < 16; j++) {
                target[to + run * 16 + j] = runScale * (source[quants + j] >> shift & 3) - runMinimum;
            }
        }
    }

    /** {@code third bits[256], q[256] of 2 bits, scales[16] of 6 bits, d}: {@code (d * scale) * (q - 4)} by runs of 16. */
    static void decodeQ3K(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from + 108);
        for (int run = 0; run < 16; run++) {
            float runScale = scale * KScales.scaleOfSixteen(source, from + 96, run);
            int high = from + (run & 1) * 16;
            int low = from + 32 + twoBitRun(run);
            int shift = twoBitShift(run);
            for (int j = 0; j < 16; j++) {
                int third = source[high + j] >> (run >> 1) & 1;
                int quant = source[low + j] >> shift & 3 | third << 2;
                target[to + run * 16 + j] = runScale * (quant - 4);
            }
        }
    }

    /** Where the low bits of a run of 16 begin: eight runs share 32 bytes, even ones the first half of these. */
    static int twoBitRun(int run) {
        return (run >> 3) * 32 + (run & 1) * 16;
    }

    /** By how much the bytes of a run of 16 are shifted to its low bits. */
    static int twoBitShift(int run) {
        return (run >> 1 & 3) * 2;
    }

    /**
     * {@code five digits each[48], four each[4], d}: {@code (digit - 1) * d}. A byte is a fraction of 256 in base three;
     * multiplying it by 3 pushes its first digit above the byte. First digits of 32 bytes come first, then their second
     * ones, and so on; then those of 16 bytes and of the last 4.
     */
    static void decodeTq1Zero(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from + 52);
        decodeTrits(source, from, 32, 5, scale, target, to);
        decodeTrits(source, from + 32, 16, 5, scale, target, to + 160);
        decodeTrits(source, from + 48, 4, 4, scale, target, to + 240);
    }

    private static void decodeTrits(
            byte[] source, int from, int bytes, int digits, float scale, float[] target, int to) {
        for (int digit = 0; digit < digits; digit++) {
            for (int j = 0; j < bytes; j++) {
                int rest = source[from + j] * POWERS_OF_THREE[digit] & 0xFF;
                target[to + digit * bytes + j] = ((rest * 3 >> 8) - 1) * scale;
            }
        }
    }

    /** {@code q[256] of 2 bits, d}: {@code (q - 1) * d}; each 128 values share 32 bytes. */
    static void decodeTq2Zero(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from + 64);
        for (int run = 0; run < 8; run++) {
            int quants = from + (run >> 2) * 32;
            int shift = (run & 3) * 2;
            for (int j = 0; j < 32; j++) {
                target[to + run * 32 + j] = ((source[quants + j] >> shift & 3) - 1) * scale;
            }
        }
    }
}
