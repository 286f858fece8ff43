package io.promptmill.udf.kernels;

/**
 * Decoders of one block in which four bits are an index of {@link FourBitTables}, low nibbles before high ones. Ranges
 * have been checked. Names as in {@link ScalarBlockDecoders}, which also says where formats are from; {@code t} is the
 * table.
 */
final class ScalarFourBitTableDecoders {
    private ScalarFourBitTableDecoders() {}

    /** {@code d, q[32]}: {@code d * t[q]}. */
    static void decodeIq4Nl(byte[] source, int from, float[] target, int to) {
        decodeIq4(source, from + 2, HalfFloats.halfAt(source, from), target, to);
    }

    /** {@code d, high bits[8 of 2], low bits[8 of 4], q[256]}: {@code (d * (scale - 32)) * t[q]} by runs of 32. */
    static void decodeIq4Xs(byte[] source, int from, float[] target, int to) {
        for (int run = 0; run < 8; run++) {
            float runScale = HalfFloats.halfAt(source, from) * iq4XsScale(source, from, run);
            decodeIq4(source, from + 8 + run * 16, runScale, target, to + run * 32);
        }
    }

    /** The scale of a run of 32 (0 to 7) of IQ4_XS: -32 to 31. */
    static int iq4XsScale(byte[] source, int from, int run) {
        int low = source[from + 4 + (run >> 1)] >> (run & 1) * 4 & 0xF;
        int high = source[from + 2 + (run >> 2)] >> (run & 3) * 2 & 3;
        return (low | high << 4) - 32;
    }

    private static void decodeIq4(byte[] source, int quants, float scale, float[] target, int to) {
        for (int j = 0; j < 16; j++) {
            int pair = source[quants + j];
            target[to + j] = scale * FourBitTables.iq4(pair & 0xF);
            target[to + 16 + j] = scale * FourBitTables.iq4(pair >> 4 & 0xF);
        }
    }

    /** {@code exponent of the scale, q[32]}: {@code t[q] * scale}. */
    static void decodeMxfp4(byte[] source, int from, float[] target, int to) {
        float scale = FourBitTables.halfPowerOfTwo(source[from] & 0xFF);
        decodeFp4(source, from + 1, 16, scale, target, to);
    }

    /** {@code scales[4], q[64]}: {@code t[q] * scale} by runs of 16. */
    static void decodeNvfp4(byte[] source, int from, float[] target, int to) {
        for (int run = 0; run < 4; run++) {
            float scale = FourBitTables.halfOfE4M3(source[from + run] & 0xFF);
            decodeFp4(source, from + 4 + run * 8, 8, scale, target, to + run * 16);
        }
    }

    private static void decodeFp4(byte[] source, int quants, int pairs, float scale, float[] target, int to) {
        for (int j = 0; j < pairs; j++) {
            int pair = source[quants + j];
            target[to + j] = FourBitTables.fp4(pair & 0xF) * scale;
            target[to + pairs + j] = FourBitTables.fp4(pair >> 4 & 0xF) * scale;
        }
    }
}
