package io.promptmill.udf.kernels;

/**
 * Decoders of one block of 256 values whose numbers are indexes of {@link Codebooks}, in runs of 32. Ranges have been
 * checked. Names as in {@link ScalarBlockDecoders}, which also says where formats are from; {@code t} is the codebook,
 * {@code i} an index of it.
 */
final class ScalarCodebookDecoders {
    private static final int RUNS = 8;
    /** What the values of IQ1 are moved by, up or down. */
    private static final float IQ1_SHIFT = 0.125f;

    private ScalarCodebookDecoders() {}

    /**
     * {@code d, 8 x (4 indexes, 4 x 7 bits of signs, 4 bits of scale)}: {@code d * (0.5 + scale) * 0.25 * t[i]}, signed.
     */
    static void decodeIq2Xxs(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from);
        for (int run = 0; run < RUNS; run++) {
            int indexes = from + 2 + run * 8;
            int signsAndScale = intAt(source, indexes + 4);
            float runScale = scale * (0.5f + (signsAndScale >>> 28)) * 0.25f;
            for (int group = 0; group < 4; group++) {
                int signs = Codebooks.evenSigns(signsAndScale >>> 7 * group & 0x7F);
                int index = source[indexes + group] & 0xFF;
                decodeEight(Codebooks.IQ2_XXS, index, signs, runScale, target, to + run * 32 + group * 8);
            }
        }
    }

    /** {@code d, 32 x (index of 9 bits, 7 bits of signs), scales[16] of 4 bits}: as IQ2_XXS, a scale for 16 values. */
    static void decodeIq2Xs(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from);
        for (int group = 0; group < 32; group++) {
            int indexAndSigns = shortAt(source, from + 2 + group * 2);
            int signs = Codebooks.evenSigns(indexAndSigns >> 9);
            float groupScale = iq2Scale(scale, source, from + 66, group);
            decodeEight(Codebooks.IQ2_XS, indexAndSigns & 0x1FF, signs, groupScale, target, to + group * 8);
        }
    }

    /** {@code d, low bits of i[32], signs[32], high bits of i[32 of 2], scales[16] of 4 bits}: as IQ2_XS. */
    static void decodeIq2S(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from);
        for (int group = 0; group < 32; group++) {
            int high = source[from + 66 + (group >> 2)] >> (group & 3) * 2 & 3;
            int index = source[from + 2 + group] & 0xFF | high << 8;
            float groupScale = iq2Scale(scale, source, from + 74, group);
            decodeEight(Codebooks.IQ2_S, index, source[from + 34 + group], groupScale, target, to + group * 8);
        }
    }

    /** The scale of a group of eight (0 to 31), a nibble for each two of them. */
    private static float iq2Scale(float scale, byte[] source, int scales, int group) {
        int nibble = source[scales + (group >> 2)] >> (group >> 1 & 1) * 4 & 0xF;
        return scale * (0.5f + nibble) * 0.25f;
    }

    /**
     * {@code d, i[64], 8 x (4 x 7 bits of signs, 4 bits of scale)}: {@code d * (0.5 + scale) * 0.5 * t[i]}, signed.
     */
    static void decodeIq3Xxs(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from);
        for (int run = 0; run < RUNS; run++) {
            int signsAndScale = intAt(source, from + 66 + run * 4);
            float runScale = scale * (0.5f + (signsAndScale >>> 28)) * 0.5f;
            for (int half = 0; half < 8; half++) {
                int signs = Codebooks.evenSigns(signsAndScale >>> 7 * (half >> 1) & 0x7F) >> (half & 1) * 4;
                int index = source[from + 2 + run * 8 + half] & 0xFF;
                decodeFour(Codebooks.IQ3_XXS, index, signs, runScale, target, to + run * 32 + half * 4);
            }
        }
    }

    /**
     * {@code d, low bits of i[64], ninth bits of i[64], signs[32], scales[8] of 4 bits}: {@code d * (1 + 2 * scale) *
     * t[i]}, signed.
     */
    static void decodeIq3S(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from);
        for (int run = 0; run < RUNS; run++) {
            float runScale = scale * (1 + 2 * (source[from + 106 + (run >> 1)] >> (run & 1) * 4 & 0xF));
            for (int half = 0; half < 8; half++) {
                int ninth = source[from + 66 + run] >> half & 1;
                int index = source[from + 2 + run * 8 + half] & 0xFF | ninth << 8;
                int signs = source[from + 74 + run * 4 + (half >> 1)] >> (half & 1) * 4;
                decodeFour(Codebooks.IQ3_S, index, signs, runScale, target, to + run * 32 + half * 4);
            }
        }
    }

    /**
     * {@code d, low bits of i[32], 8 x (4 x 3 high bits of i, 3 bits of scale, direction)}: {@code d * (2 * scale + 1) *
     * (t[i] + shift)}, the shift downwards where the direction is set.
     */
    static void decodeIq1S(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from);
        for (int run = 0; run < RUNS; run++) {
            int rest = shortAt(source, from + 34 + run * 2);
            float runScale = scale * (2 * (rest >> 12 & 7) + 1);
            float shift = (rest & 0x8000) == 0 ? IQ1_SHIFT : -IQ1_SHIFT;
            for (int group = 0; group < 4; group++) {
                int index = source[from + 2 + run * 4 + group] & 0xFF | (rest >> 3 * group & 7) << 8;
                decodeShifted(index, shift, runScale, target, to + run * 32 + group * 8);
            }
        }
    }

    /**
     * {@code low bits of i[32], 32 x (3 high bits of i, direction), 4 x (4 scales of 3 bits, 4 bits of d)}: as IQ1_S, a
     * scale for 16 values and a direction for 8.
     */
    static void decodeIq1M(byte[] source, int from, float[] target, int to) {
        int scales = from + 48;
        int half = 0;
        for (int part = 0; part < 4; part++) {
            half |= shortAt(source, scales + part * 2) >> 12 << part * 4;
        }
        float scale = HalfFloats.fromHalf(half);
        for (int group = 0; group < 32; group++) {
            int pair = group >> 1;
            float groupScale = scale * (2 * (shortAt(source, scales + (pair >> 2) * 2) >> (pair & 3) * 3 & 7) + 1);
            int rest = source[from + 32 + pair] >> (group & 1) * 4;
            int index = source[from + group] & 0xFF | (rest & 7) << 8;
            decodeShifted(index, (rest & 8) == 0 ? IQ1_SHIFT : -IQ1_SHIFT, groupScale, target, to + group * 8);
        }
    }

    private static void decodeEight(byte[] codebook, int index, int signs, float scale, float[] target, int to) {
        decodeSigned(codebook, index * Codebooks.EIGHT, Codebooks.EIGHT, signs, scale, target, to);
    }

    private static void decodeFour(byte[] codebook, int index, int signs, float scale, float[] target, int to) {
        decodeSigned(codebook, index * Codebooks.FOUR, Codebooks.FOUR, signs, scale, target, to);
    }

    private static void decodeSigned(
            byte[] codebook, int entry, int values, int signs, float scale, float[] target, int to) {
        for (int j = 0; j < values; j++) {
            float magnitude = scale * codebook[entry + j];
            target[to + j] = (signs >> j & 1) == 0 ? magnitude : -magnitude;
        }
    }

    private static void decodeShifted(int index, float shift, float scale, float[] target, int to) {
        for (int j = 0; j < Codebooks.EIGHT; j++) {
            target[to + j] = scale * (Codebooks.IQ1[index * Codebooks.EIGHT + j] + shift);
        }
    }

    private static int shortAt(byte[] source, int offset) {
        return source[offset] & 0xFF | (source[offset + 1] & 0xFF) << 8;
    }

    private static int intAt(byte[] source, int offset) {
        return shortAt(source, offset) | shortAt(source, offset + 2) << 16;
    }
}
