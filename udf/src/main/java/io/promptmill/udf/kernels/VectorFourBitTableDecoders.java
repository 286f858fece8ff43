package io.promptmill.udf.kernels;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/**
 * {@link ScalarFourBitTableDecoders} a vector at a time, bit for bit: the table lies in a register of sixteen bytes, and
 * one instruction looks up as many indexes. For vectors of eight floats at least.
 */
final class VectorFourBitTableDecoders {
    private static final ByteVector IQ4 = ByteVector.fromArray(ByteVector.SPECIES_128, FourBitTables.iq4(), 0);
    private static final ByteVector FP4 = ByteVector.fromArray(ByteVector.SPECIES_128, FourBitTables.fp4(), 0);

    private static final VectorShuffle<Byte> UPPER_HALF = VectorShuffle.iota(ByteVector.SPECIES_128, 8, 1, true);

    private VectorFourBitTableDecoders() {}

    static void decodeIq4Nl(byte[] source, int sourceOffset, float[] target, int targetOffset, int values) {
        for (int block = 0; block < values / 32; block++) {
            int from = sourceOffset + block * 18;
            decodeRun(IQ4, source, from + 2, HalfFloats.halfAt(source, from), target, targetOffset + block * 32);
        }
    }

    static void decodeIq4Xs(byte[] source, int sourceOffset, float[] target, int targetOffset, int values) {
        for (int block = 0; block < values / 256; block++) {
            int from = sourceOffset + block * 136;
            float scale = HalfFloats.halfAt(source, from);
            for (int run = 0; run < 8; run++) {
                float runScale = scale * ScalarFourBitTableDecoders.iq4XsScale(source, from, run);
                decodeRun(IQ4, source, from + 8 + run * 16, runScale, target, targetOffset + block * 256 + run * 32);
            }
        }
    }

    static void decodeMxfp4(byte[] source, int sourceOffset, float[] target, int targetOffset, int values) {
        for (int block = 0; block < values / 32; block++) {
            int from = sourceOffset + block * 17;
            float scale = FourBitTables.halfPowerOfTwo(source[from] & 0xFF);
            decodeRun(FP4, source, from + 1, scale, target, targetOffset + block * 32);
        }
    }

    /** 32 values: the low nibbles of sixteen bytes, then the high ones. */
    private static void decodeRun(ByteVector table, byte[] source, int quants, float scale, float[] target, int to) {
        ByteVector pairs = ByteVector.fromArray(ByteVector.SPECIES_128, source, quants);
        store(pairs.and((byte) 0xF).selectFrom(table), scale, target, to);
        store(pairs.lanewise(VectorOperators.LSHR, 4).and((byte) 0xF).selectFrom(table), scale, target, to + 16);
    }

    private static void store(ByteVector quants, float scale, float[] target, int to) {
        floats(quants).mul(scale).intoArray(target, to);
        if (VectorKernels.WIDTH == 8) {
            floats(quants.rearrange(UPPER_HALF)).mul(scale).intoArray(target, to + 8);
        }
    }

    /** The first {@link VectorKernels#WIDTH} values: converting others takes several instructions. */
    private static FloatVector floats(ByteVector quants) {
        return (FloatVector) quants.convertShape(VectorOperators.B2F, VectorKernels.SPECIES, 0);
    }
}
