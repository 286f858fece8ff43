package io.promptmill.udf.kernels;

import static io.promptmill.udf.tensor.RowTiles.LANES;

import io.promptmill.udf.tensor.RowTiles;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The Vector API provider; a lane is a row of the batch, as in {@link VectorKernels}. */
final class VectorConversions implements Conversions {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.SPECIES;
    private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
    private static final int WIDTH = VectorKernels.WIDTH;

    private final Conversions scalar = new ScalarConversions();

    @Override
    public float quantizeRow(float[] values, int offset, int count, byte[] target, int targetOffset) {
        if (VectorBlockDecoders.BYTES == null) {
            return scalar.quantizeRow(values, offset, count, target, targetOffset);
        }
        int whole = count - count % WIDTH;
        FloatVector largest = FloatVector.zero(FLOATS);
        for (int i = 0; i < whole; i += WIDTH) {
            largest = largest.max(
                    FloatVector.fromArray(FLOATS, values, offset + i).abs());
        }
        float maximum = largest.reduceLanes(VectorOperators.MAX);
        for (int i = whole; i < count; i++) {
            maximum = Math.max(maximum, Math.abs(values[offset + i]));
        }
        float inverse = ScalarConversions.inverse(maximum);
        int i = 0;
        for (; i < whole; i += WIDTH) {
            rounded(FloatVector.fromArray(FLOATS, values, offset + i).mul(inverse))
                    .convertShape(VectorOperators.I2B, VectorBlockDecoders.BYTES, 0)
                    .reinterpretAsBytes()
                    .intoArray(target, targetOffset + i);
        }
        for (; i < count; i++) {
            target[targetOffset + i] = (byte) Float.floatToRawIntBits(values[offset + i] * inverse + ROUNDING);
        }
        return maximum / INT8_MAXIMUM;
    }

    /** Four maxima, so that the loads rather than the latency of the comparison set the pace. */
    @Override
    public void quantizeTile(RowTiles input, int tile, int[] words, float[] scales, int scalesOffset) {
        float[] x = input.data();
        int features = input.features();
        int whole = features - features % 4;
        for (int lane = 0; lane < LANES; lane += WIDTH) {
            int start = input.index(tile * LANES + lane, 0);
            FloatVector m0 = FloatVector.zero(FLOATS);
            FloatVector m1 = m0;
            FloatVector m2 = m0;
            FloatVector m3 = m0;
            for (int f = 0; f < whole; f += 4) {
                int at = start + f * LANES;
                m0 = m0.max(FloatVector.fromArray(FLOATS, x, at).abs());
                m1 = m1.max(FloatVector.fromArray(FLOATS, x, at + LANES).abs());
                m2 = m2.max(FloatVector.fromArray(FLOATS, x, at + 2 * LANES).abs());
                m3 = m3.max(FloatVector.fromArray(FLOATS, x, at + 3 * LANES).abs());
            }
            for (int f = whole; f < features; f++) {
                m0 = m0.max(FloatVector.fromArray(FLOATS, x, start + f * LANES).abs());
            }
            FloatVector maximum = m0.max(m1).max(m2.max(m3));
            maximum.div(INT8_MAXIMUM).intoArray(scales, scalesOffset + lane);
            FloatVector inverse = FloatVector.broadcast(FLOATS, INT8_MAXIMUM)
                    .div(maximum)
                    .blend(0f, maximum.compare(VectorOperators.EQ, 0f));
            for (int f = 0; f < whole; f += 4) {
                int at = start + f * LANES;
                byteOf(x, at, inverse)
                        .or(byteOf(x, at + LANES, inverse).lanewise(VectorOperators.LSHL, 8))
                        .or(byteOf(x, at + 2 * LANES, inverse).lanewise(VectorOperators.LSHL, 16))
                        .or(byteOf(x, at + 3 * LANES, inverse).lanewise(VectorOperators.LSHL, 24))
                        .intoArray(words, f / 4 * LANES + lane);
            }
            IntVector last = IntVector.zero(INTS);
            for (int f = whole; f < features; f++) {
                last = last.or(byteOf(x, start + f * LANES, inverse).lanewise(VectorOperators.LSHL, 8 * (f - whole)));
            }
            if (whole < features) {
                last.intoArray(words, whole / 4 * LANES + lane);
            }
        }
    }

    private static IntVector byteOf(float[] x, int index, FloatVector inverse) {
        return rounded(FloatVector.fromArray(FLOATS, x, index).mul(inverse)).and(0xFF);
    }

    private static IntVector rounded(FloatVector scaled) {
        return scaled.add(ROUNDING).reinterpretAsInts();
    }

    @Override
    public void roundTile(RowTiles input, int tile, int[] words) {
        float[] x = input.data();
        int features = input.features();
        for (int lane = 0; lane < LANES; lane += WIDTH) {
            int start = input.index(tile * LANES + lane, 0);
            int f = 0;
            for (; f + 2 <= features; f += 2) {
                IntVector low = bf16(FloatVector.fromArray(FLOATS, x, start + f * LANES));
                IntVector high = bf16(FloatVector.fromArray(FLOATS, x, start + (f + 1) * LANES));
                high.lanewise(VectorOperators.LSHL, 16).or(low).intoArray(words, f / 2 * LANES + lane);
            }
            if (f < features) {
                bf16(FloatVector.fromArray(FLOATS, x, start + f * LANES)).intoArray(words, f / 2 * LANES + lane);
            }
        }
    }

    private static IntVector bf16(FloatVector values) {
        IntVector bits = values.reinterpretAsInts();
        IntVector upper = bits.lanewise(VectorOperators.LSHR, 16);
        return bits.add(0x7FFF)
                .add(upper.and(1))
                .lanewise(VectorOperators.LSHR, 16)
                .blend(
                        upper.or(0x40),
                        values.compare(VectorOperators.NE, values).cast(INTS));
    }

    /** A gather a feature: sixteen rows lie {@code stride} apart. */
    @Override
    public void storeTile(
            float[] sums,
            int sumsOffset,
            int stride,
            float[] scales,
            int scalesOffset,
            RowTiles output,
            int tile,
            int feature,
            int count) {
        int[] rows = new int[WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            rows[i] = i * stride;
        }
        float[] target = output.data();
        for (int lane = 0; lane < LANES; lane += WIDTH) {
            int to = output.index(tile * LANES + lane, feature);
            int from = sumsOffset + lane * stride;
            FloatVector scale = FloatVector.fromArray(FLOATS, scales, scalesOffset + lane);
            for (int i = 0; i < count; i++) {
                FloatVector.fromArray(FLOATS, sums, from + i, rows, 0)
                        .mul(scale)
                        .intoArray(target, to + i * LANES);
            }
        }
    }

    @Override
    public void widen(byte[] source, int offset, float[] target, int targetOffset, int count) {
        int i = 0;
        if (VectorBlockDecoders.BYTES != null) {
            for (; i + WIDTH <= count; i += WIDTH) {
                ((FloatVector) ByteVector.fromArray(VectorBlockDecoders.BYTES, source, offset + i)
                                .convertShape(VectorOperators.B2F, FLOATS, 0))
                        .intoArray(target, targetOffset + i);
            }
        }
        scalar.widen(source, offset + i, target, targetOffset + i, count - i);
    }

    /** {@inheritDoc} The count is a multiple of sixteen. */
    @Override
    public void addIntegers(float[] numbers, int[] totals, int count, boolean replace) {
        for (int i = 0; i < count; i += WIDTH) {
            IntVector added =
                    (IntVector) FloatVector.fromArray(FLOATS, numbers, i).convertShape(VectorOperators.F2I, INTS, 0);
            (replace ? added : added.add(IntVector.fromArray(INTS, totals, i))).intoArray(totals, i);
        }
    }

    @Override
    public void storeTotals(
            int[] totals,
            int totalsOffset,
            float[] outputScales,
            int outputScalesOffset,
            float[] rowScales,
            int rowScalesOffset,
            float[] output,
            int outputOffset,
            int count) {
        for (int lane = 0; lane < LANES; lane += WIDTH) {
            FloatVector rowScale = FloatVector.fromArray(FLOATS, rowScales, rowScalesOffset + lane);
            for (int i = 0; i < count; i++) {
                int at = i * LANES + lane;
                ((FloatVector) IntVector.fromArray(INTS, totals, totalsOffset + at)
                                .convertShape(VectorOperators.I2F, FLOATS, 0))
                        .mul(outputScales[outputScalesOffset + i])
                        .mul(rowScale)
                        .intoArray(output, outputOffset + at);
            }
        }
    }
}
