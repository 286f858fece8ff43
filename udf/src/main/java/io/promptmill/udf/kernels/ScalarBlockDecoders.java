package io.promptmill.udf.kernels;

import io.promptmill.udf.tensor.BlockFormat;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Plain decoders of every {@link BlockFormat}: the reference that faster kernels are compared with. Products and sums
 * are single-precision and in the order in which the formats define them (ggml-org/ggml, {@code src/ggml-quants.c},
 * {@code dequantize_row_*}), without fused operations, so that results are the same bits on every machine.
 *
 * <p>Below, {@code d} is a block's scale, {@code m} its minimum, {@code q} a stored integer.
 */
public final class ScalarBlockDecoders {
    private static final VarHandle LITTLE_ENDIAN_FLOATS =
            MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);

    /** Decodes the block at {@code source[from]} into {@code target[to]} and on; ranges have been checked. */
    @FunctionalInterface
    private interface OneBlock {
        void decode(byte[] source, int from, float[] target, int to);
    }

    private ScalarBlockDecoders() {}

    /** The decoder of {@code format}. */
    public static BlockDecoder of(BlockFormat format) {
        return switch (format) {
            case F32 -> ScalarBlockDecoders::decodeF32;
            case F16 -> ScalarBlockDecoders::decodeF16;
            case BF16 -> ScalarBlockDecoders::decodeBf16;
            case Q4_0 -> inBlocks(format, ScalarBlockDecoders::decodeQ4Zero);
            case Q4_1 -> inBlocks(format, ScalarBlockDecoders::decodeQ4One);
            case Q5_0 -> inBlocks(format, ScalarBlockDecoders::decodeQ5Zero);
            case Q5_1 -> inBlocks(format, ScalarBlockDecoders::decodeQ5One);
            case Q8_0 -> inBlocks(format, ScalarBlockDecoders::decodeQ8Zero);
            case Q4_K -> inBlocks(format, ScalarBlockDecoders::decodeQ4K);
            case Q5_K -> inBlocks(format, ScalarBlockDecoders::decodeQ5K);
            case Q6_K -> inBlocks(format, ScalarBlockDecoders::decodeQ6K);
            case Q1_0 -> inBlocks(format, ScalarLowBitDecoders::decodeQ1Zero);
            case Q2_0 -> inBlocks(format, ScalarLowBitDecoders::decodeQ2Zero);
            case Q2_K -> inBlocks(format, ScalarLowBitDecoders::decodeQ2K);
            case Q3_K -> inBlocks(format, ScalarLowBitDecoders::decodeQ3K);
            case TQ1_0 -> inBlocks(format, ScalarLowBitDecoders::decodeTq1Zero);
            case TQ2_0 -> inBlocks(format, ScalarLowBitDecoders::decodeTq2Zero);
            case IQ4_NL -> inBlocks(format, ScalarFourBitTableDecoders::decodeIq4Nl);
            case IQ4_XS -> inBlocks(format, ScalarFourBitTableDecoders::decodeIq4Xs);
            case MXFP4 -> inBlocks(format, ScalarFourBitTableDecoders::decodeMxfp4);
            case NVFP4 -> inBlocks(format, ScalarFourBitTableDecoders::decodeNvfp4);
            case IQ1_S -> inBlocks(format, ScalarCodebookDecoders::decodeIq1S);
            case IQ1_M -> inBlocks(format, ScalarCodebookDecoders::decodeIq1M);
            case IQ2_XXS -> inBlocks(format, ScalarCodebookDecoders::decodeIq2Xxs);
            case IQ2_XS -> inBlocks(format, ScalarCodebookDecoders::decodeIq2Xs);
            case IQ2_S -> inBlocks(format, ScalarCodebookDecoders::decodeIq2S);
            case IQ3_XXS -> inBlocks(format, ScalarCodebookDecoders::decodeIq3Xxs);
            case IQ3_S -> inBlocks(format, ScalarCodebookDecoders::decodeIq3S);
        };
    }

    private static BlockDecoder inBlocks(BlockFormat format, OneBlock block) {
        return (source, sourceOffset, target, targetOffset, values) -> {
            checkRanges(format, source, sourceOffset, target, targetOffset, values);
            int from = sourceOffset;
            for (int done = 0; done < values; done += format.blockSize()) {
                block.decode(source, from, target, targetOffset + done);
                from += format.blockBytes();
            }
        };
    }

    private static void checkRanges(
            BlockFormat format, byte[] source, int sourceOffset, float[] target, int targetOffset, int values) {
        if (values < 0 || values % format.blockSize() != 0) {
            throw new IllegalArgumentException(
                    values + " values are not a whole number of " + format + " blocks of " + format.blockSize());
        }
        Objects.checkFromIndexSize((long) sourceOffset, format.bytesOf(values), (long) source.length);
        Objects.checkFromIndexSize(targetOffset, values, target.length);
    }

    private static void decodeF32(byte[] source, int sourceOffset, float[] target, int targetOffset, int values) {
        checkRanges(BlockFormat.F32, source, sourceOffset, target, targetOffset, values);
        for (int j = 0; j < values; j++) {
            target[targetOffset + j] = (float) LITTLE_ENDIAN_FLOATS.get(source, sourceOffset + 4 * j);
        }
    }

    private static void decodeF16(byte[] source, int sourceOffset, float[] target, int targetOffset, int values) {
        checkRanges(BlockFormat.F16, source, sourceOffset, target, targetOffset, values);
        for (int j = 0; j < values; j++) {
            target[targetOffset + j] = HalfFloats.halfAt(source, sourceOffset + 2 * j);
        }
    }

    private static void decodeBf16(byte[] source, int sourceOffset, float[] target, int targetOffset, int values) {
        checkRanges(BlockFormat.BF16, source, sourceOffset, target, targetOffset, values);
        for (int j = 0; j < values; j++) {
            target[targetOffset + j] = HalfFloats.brainFloatAt(source, sourceOffset + 2 * j);
        }
    }

    /** {@code d, q[32] of 4 bits}: {@code (q - 8) * d}; low nibbles are the first half of the block. */
    private static void decodeQ4Zero(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from);
        for (int j = 0; j < 16; j++) {
            int pair = source[from + 2 + j];
            target[to + j] = ((pair & 0xF) - 8) * scale;
            target[to + 16 + j] = ((pair >> 4 & 0xF) - 8) * scale;
        }
    }

    /** {@code d, m, q[32] of 4 bits}: {@code q * d + m}. */
    private static void decodeQ4One(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from);
        float minimum = HalfFloats.halfAt(source, from + 2);
        for (int j = 0; j < 16; j++) {
            int pair = source[from + 4 + j];
            target[to + j] = (pair & 0xF) * scale + minimum;
            target[to + 16 + j] = (pair >> 4 & 0xF) * scale + minimum;
        }
    }

    /** {@code d, fifth bits[32], low bits[32]}: {@code (q - 16) * d}. */
    private static void decodeQ5Zero(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from);
        for (int j = 0; j < 16; j++) {
            target[to + j] = (fiveBitsLow(source, from + 2, j) - 16) * scale;
            target[to + 16 + j] = (fiveBitsHigh(source, from + 2, j) - 16) * scale;
        }
    }

    /** {@code d, m, fifth bits[32], low bits[32]}: {@code q * d + m}. */
    private static void decodeQ5One(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from);
        float minimum = HalfFloats.halfAt(source, from + 2);
        for (int j = 0; j < 16; j++) {
            target[to + j] = fiveBitsLow(source, from + 4, j) * scale + minimum;
            target[to + 16 + j] = fiveBitsHigh(source, from + 4, j) * scale + minimum;
        }
    }

    /** Value {@code j} of a five-bit block whose fifth bits begin at {@code bits}, nibbles four bytes later. */
    private static int fiveBitsLow(byte[] source, int bits, int j) {
        int fifth = source[bits + (j >> 3)] >> (j & 7) & 1;
        return source[bits + 4 + j] & 0xF | fifth << 4;
    }

    /** Value {@code 16 + j} of such a block. */
    private static int fiveBitsHigh(byte[] source, int bits, int j) {
        int fifth = source[bits + 2 + (j >> 3)] >> (j & 7) & 1;
        return source[bits + 4 + j] >> 4 & 0xF | fifth << 4;
    }

    /** {@code d, q[32] signed bytes}: {@code q * d}. */
    private static void decodeQ8Zero(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from);
        for (int j = 0; j < 32; j++) {
            target[to + j] = source[from + 2 + j] * scale;
        }
    }

    /** {@code d, dmin, scales[12], q[256] of 4 bits}: {@code (d * scale) * q - (dmin * minimum)} by runs of 32. */
    private static void decodeQ4K(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from);
        float minimum = HalfFloats.halfAt(source, from + 2);
        for (int run = 0; run < 8; run++) {
            float runScale = scale * KScales.scale(source, from + 4, run);
            float runMinimum = minimum * KScales.minimum(source, from + 4, run);
            int quants = from + 16 + (run >> 1) * 32;
            int shift = (run & 1) * 4;
            for (int j = 0; j < 32; j++) {
                target[to + run * 32 + j] = runScale * (source[quants + j] >> shift & 0xF) - runMinimum;
            }
        }
    }

    /** As Q4_K, with a fifth bit: byte {@code j} of {@code high[32]} holds it for value {@code j} of each run. */
    private static void decodeQ5K(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from);
        float minimum = HalfFloats.halfAt(source, from + 2);
        for (int run = 0; run < 8; run++) {
            float runScale = scale * KScales.scale(source, from + 4, run);
            float runMinimum = minimum * KScales.minimum(source, from + 4, run);
            int quants = from + 48 + (run >> 1) * 32;
            int shift = (run & 1) * 4;
            for (int j = 0; j < 32; j++) {
                int fifth = source[from + 16 + j] >> run & 1;
                int quant = source[quants + j] >> shift & 0xF | fifth << 4;
                target[to + run * 32 + j] = runScale * quant - runMinimum;
            }
        }
    }

    /** {@code low[128], high[64], scales[16] signed bytes, d}: {@code (d * scale) * (q - 32)} by runs of 16. */
    private static void decodeQ6K(byte[] source, int from, float[] target, int to) {
        float scale = HalfFloats.halfAt(source, from + 208);
        for (int run = 0; run < 16; run++) {
            float runScale = scale * source[from + 192 + run];
            // A half block of 128 values is four quarters of 32: quarters 0 and 2 share low bytes, as do 1 and 3.
            int half = run >> 3;
            int quarter = run >> 1 & 3;
            int column = (run & 1) * 16;
            int low = from + half * 64 + (quarter & 1) * 32 + column;
            int high = from + 128 + half * 32 + column;
            for (int j = 0; j < 16; j++) {
                int lowBits = source[low + j] >> (quarter >> 1) * 4 & 0xF;
                int highBits = source[high + j] >> quarter * 2 & 3;
                target[to + run * 16 + j] = runScale * ((lowBits | highBits << 4) - 32);
            }
        }
    }
}
