package io.promptmill.udf.kernels;

import io.promptmill.udf.tensor.BlockFormat;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Decoders of the formats that most files use, a vector of values at a time and with the operations of
 * {@link ScalarBlockDecoders}, bit for bit. Formats without one here, and processors whose vectors hold fewer than
 * eight floats, take the scalar decoder: its cost is shared by all rows of a batch.
 */
final class VectorBlockDecoders {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.SPECIES;
    private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
    private static final int WIDTH = VectorKernels.WIDTH;
    static final VectorSpecies<Byte> BYTES =
            WIDTH < 8 ? null : VectorSpecies.of(byte.class, VectorShape.forBitSize(WIDTH * Byte.SIZE));
    private static final VectorSpecies<Byte> SHORT_BYTES =
            WIDTH < 8 ? null : VectorSpecies.of(byte.class, VectorShape.forBitSize(WIDTH * Short.SIZE));

    private VectorBlockDecoders() {}

    static BlockDecoder of(BlockFormat format) {
        if (BYTES == null) {
            return ScalarBlockDecoders.of(format);
        }
        return switch (format) {
            case F16 -> VectorBlockDecoders::decodeF16;
            case BF16 -> VectorBlockDecoders::decodeBf16;
            case Q4_0 -> VectorBlockDecoders::decodeQ4Zero;
            case Q8_0 -> VectorBlockDecoders::decodeQ8Zero;
            case Q2_K -> VectorBlockDecoders::decodeQ2K;
            case Q3_K -> VectorBlockDecoders::decodeQ3K;
            case Q4_K -> VectorBlockDecoders::decodeQ4K;
            case Q5_K -> VectorBlockDecoders::decodeQ5K;
            case Q6_K -> VectorBlockDecoders::decodeQ6K;
            case IQ4_NL -> VectorFourBitTableDecoders::decodeIq4Nl;
            case IQ4_XS -> VectorFourBitTableDecoders::decodeIq4Xs;
            case MXFP4 -> VectorFourBitTableDecoders::decodeMxfp4;
            default -> ScalarBlockDecoders.of(format);
        };
    }

    /**
     * Moving exponent and mantissa of a half into a float's places makes its value 2^-112 times too small, for numbers
     * below the normal range too; infinities and NaN keep an exponent of all ones.
     */
    private static void decodeF16(byte[] source, int sourceOffset, float[] target, int targetOffset, int values) {
        int i = 0;
        for (; i + WIDTH <= values; i += WIDTH) {
            IntVector half = shorts(source, sourceOffset + 2 * i);
            IntVector magnitude = half.and(0x7FFF).lanewise(VectorOperators.LSHL, 13);
            IntVector scaled = magnitude.reinterpretAsFloats().mul(0x1p112f).reinterpretAsInts();
            IntVector bits =
                    scaled.blend(magnitude.or(0x7F800000), half.and(0x7C00).compare(VectorOperators.EQ, 0x7C00));
            bits.or(half.and(0x8000).lanewise(VectorOperators.LSHL, 16))
                    .reinterpretAsFloats()
                    .intoArray(target, targetOffset + i);
        }
        ScalarBlockDecoders.of(BlockFormat.F16)
                .decode(source, sourceOffset + 2 * i, target, targetOffset + i, values - i);
    }

    private static void decodeBf16(byte[] source, int sourceOffset, float[] target, int targetOffset, int values) {
        int i = 0;
        for (; i + WIDTH <= values; i += WIDTH) {
            shorts(source, sourceOffset + 2 * i)
                    .lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .intoArray(target, targetOffset + i);
        }
        ScalarBlockDecoders.of(BlockFormat.BF16)
                .decode(source, sourceOffset + 2 * i, target, targetOffset + i, values - i);
    }

    private static void decodeQ8Zero(byte[] source, int sourceOffset, float[] target, int targetOffset, int values) {
        for (int block = 0; block < values / 32; block++) {
            int from = sourceOffset + block * 34;
            float scale = HalfFloats.halfAt(source, from);
            for (int j = 0; j < 32; j += WIDTH) {
                FloatVector quants = (FloatVector)
                        ByteVector.fromArray(BYTES, source, from + 2 + j).convertShape(VectorOperators.B2F, FLOATS, 0);
                quants.mul(scale).intoArray(target, targetOffset + block * 32 + j);
            }
        }
    }

    private static void decodeQ4Zero(byte[] source, int sourceOffset, float[] target, int targetOffset, int values) {
        for (int block = 0; block < values / 32; block++) {
            int from = sourceOffset + block * 18;
            int to = targetOffset + block * 32;
            float scale = HalfFloats.halfAt(source, from);
            for (int j = 0; j < 16; j += WIDTH) {
                IntVector pairs = ints(source, from + 2 + j);
                floats(nibbles(pairs, 0).sub(8)).mul(scale).intoArray(target, to + j);
                floats(nibbles(pairs, 4).sub(8)).mul(scale).intoArray(target, to + 16 + j);
            }
        }
    }

    private static void decodeQ2K(byte[] source, int sourceOffset, float[] target, int targetOffset, int values) {
        for (int block = 0; block < values / 256; block++) {
            int from = sourceOffset + block * 84;
            float scale = HalfFloats.halfAt(source, from + 80);
            float minimum = HalfFloats.halfAt(source, from + 82);
            for (int run = 0; run < 16; run++) {
                float runScale = scale * (source[from + run] & 0xF);
                float runMinimum = minimum * (source[from + run] >> 4 & 0xF);
                int quants = from + 16 + ScalarLowBitDecoders.twoBitRun(run);
                int to = targetOffset + block * 256 + run * 16;
                for (int j = 0; j < 16; j += WIDTH) {
                    floats(twoBits(ints(source, quants + j), ScalarLowBitDecoders.twoBitShift(run)))
                            .mul(runScale)
                            .sub(runMinimum)
                            .intoArray(target, to + j);
                }
            }
        }
    }

    private static void decodeQ3K(byte[] source, int sourceOffset, float[] target, int targetOffset, int values) {
        for (int block = 0; block < values / 256; block++) {
            int from = sourceOffset + block * 110;
            float scale = HalfFloats.halfAt(source, from + 108);
            for (int run = 0; run < 16; run++) {
                float runScale = scale * KScales.scaleOfSixteen(source, from + 96, run);
                int high = from + (run & 1) * 16;
                int low = from + 32 + ScalarLowBitDecoders.twoBitRun(run);
                int to = targetOffset + block * 256 + run * 16;
                for (int j = 0; j < 16; j += WIDTH) {
                    IntVector third = ints(source, high + j)
                            .lanewise(VectorOperators.LSHR, run >> 1)
                            .and(1)
                            .lanewise(VectorOperators.LSHL, 2);
                    floats(twoBits(ints(source, low + j), ScalarLowBitDecoders.twoBitShift(run))
                                    .or(third)
                                    .sub(4))
                            .mul(runScale)
                            .intoArray(target, to + j);
                }
            }
        }
    }

    private static void decodeQ4K(byte[] source, int sourceOffset, float[] target, int targetOffset, int values) {
        for (int block = 0; block < values / 256; block++) {
            int from = sourceOffset + block * 144;
            float scale = HalfFloats.halfAt(source, from);
            float minimum = HalfFloats.halfAt(source, from + 2);
            for (int run = 0; run < 8; run++) {
                float runScale = scale * KScales.scale(source, from + 4, run);
                float runMinimum = minimum * KScales.minimum(source, from + 4, run);
                int quants = from + 16 + (run >> 1) * 32;
                int to = targetOffset + block * 256 + run * 32;
                for (int j = 0; j < 32; j += WIDTH) {
                    floats(nibbles(ints(source, quants + j), (run & 1) * 4))
                            .mul(runScale)
                            .sub(runMinimum)
                            .intoArray(target, to + j);
                }
            }
        }
    }

    private static void decodeQ5K(byte[] source, int sourceOffset, float[] target, int targetOffset, int values) {
        for (int block = 0; block < values / 256; block++) {
            int from = sourceOffset + block * 176;
            float scale = HalfFloats.halfAt(source, from);
            float minimum = HalfFloats.halfAt(source, from + 2);
            for (int run = 0; run < 8; run++) {
                float runScale = scale * KScales.scale(source, from + 4, run);
                float runMinimum = minimum * KScales.minimum(source, from + 4, run);
                int quants = from + 48 + (run >> 1) * 32;
                int to = targetOffset + block * 256 + run * 32;
                for (int j = 0; j < 32; j += WIDTH) {
                    IntVector fifth = ints(source, from + 16 + j)
                            .lanewise(VectorOperators.LSHR, run)
                            .and(1)
                            .lanewise(VectorOperators.LSHL, 4);
                    floats(nibbles(ints(source, quants + j), (run & 1) * 4).or(fifth))
                            .mul(runScale)
                            .sub(runMinimum)
                            .intoArray(target, to + j);
                }
            }
        }
    }

    private static void decodeQ6K(byte[] source, int sourceOffset, float[] target, int targetOffset, int values) {
        for (int block = 0; block < values / 256; block++) {
            int from = sourceOffset + block * 210;
            float scale = HalfFloats.halfAt(source, from + 208);
            for (int run = 0; run < 16; run++) {
                float runScale = scale * source[from + 192 + run];
                int half = run >> 3;
                int quarter = run >> 1 & 3;
                int column = (run & 1) * 16;
                int low = from + half * 64 + (quarter & 1) * 32 + column;
                int high = from + 128 + half * 32 + column;
                int to = targetOffset + block * 256 + run * 16;
                for (int j = 0; j < 16; j += WIDTH) {
                    IntVector highBits =
                            twoBits(ints(source, high + j), quarter * 2).lanewise(VectorOperators.LSHL, 4);
                    floats(nibbles(ints(source, low + j), (quarter >> 1) * 4)
                                    .or(highBits)
                                    .sub(32))
                            .mul(runScale)
                            .intoArray(target, to + j);
                }
            }
        }
    }

    /** Shorts, low byte first as every supported processor has them, sign-extended. */
    private static IntVector shorts(byte[] source, int offset) {
        return (IntVector) ByteVector.fromArray(SHORT_BYTES, source, offset)
                .reinterpretAsShorts()
                .convertShape(VectorOperators.S2I, INTS, 0);
    }

    /** Bytes, sign-extended: the unsigned extension is not compiled to one instruction on JDK 17. */
    private static IntVector ints(byte[] source, int offset) {
        return (IntVector) ByteVector.fromArray(BYTES, source, offset).convertShape(VectorOperators.B2I, INTS, 0);
    }

    private static IntVector nibbles(IntVector bytes, int shift) {
        return bytes.lanewise(VectorOperators.LSHR, shift).and(0xF);
    }

    private static IntVector twoBits(IntVector bytes, int shift) {
        return bytes.lanewise(VectorOperators.LSHR, shift).and(3);
    }

    private static FloatVector floats(IntVector values) {
        return (FloatVector) values.convertShape(VectorOperators.I2F, FLOATS, 0);
    }
}
