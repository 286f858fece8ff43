package io.promptmill.udf.kernels;

import static io.promptmill.udf.kernels.VectorBlockDecoders.BYTES;
import static io.promptmill.udf.kernels.VectorKernels.SPECIES;
import static io.promptmill.udf.kernels.VectorKernels.WIDTH;
import static io.promptmill.udf.tensor.RowTiles.LANES;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** {@link LowRankKernels} with the ranks or outputs of a row, or the rows of a tile, side by side in a vector. */
final class VectorLowRankKernels implements LowRankKernels {
    private final LowRankKernels scalar = new ScalarLowRankKernels();

    /** One chain of additions, whose latency the loads of A take anyway. */
    @Override
    public void reduceRow(
            float[] input, int offset, int count, float[] down, int downOffset, float[] sums, int sumsOffset) {
        for (int lane = 0; lane < RANKS; lane += WIDTH) {
            FloatVector sum = at(sums, sumsOffset + lane);
            for (int k = 0; k < count; k++) {
                sum = at(down, downOffset + lane + k * RANKS).fma(broadcast(input[offset + k * LANES]), sum);
            }
            sum.intoArray(sums, sumsOffset + lane);
        }
    }

    @Override
    public void reduceRow(
            float[] input, int offset, int count, short[] down, int downOffset, float[] sums, int sumsOffset) {
        if (!VectorHalves.AVAILABLE) {
            scalar.reduceRow(input, offset, count, down, downOffset, sums, sumsOffset);
            return;
        }
        for (int lane = 0; lane < RANKS; lane += WIDTH) {
            FloatVector sum = at(sums, sumsOffset + lane);
            for (int k = 0; k < count; k++) {
                sum = VectorHalves.finite(down, downOffset + lane + k * RANKS)
                        .fma(broadcast(input[offset + k * LANES]), sum);
            }
            sum.intoArray(sums, sumsOffset + lane);
        }
    }

    @Override
    public void reduceRow(
            float[] input, int offset, int count, byte[] down, int downOffset, float[] sums, int sumsOffset) {
        if (BYTES == null) {
            scalar.reduceRow(input, offset, count, down, downOffset, sums, sumsOffset);
            return;
        }
        for (int lane = 0; lane < RANKS; lane += WIDTH) {
            FloatVector sum = at(sums, sumsOffset + lane);
            for (int k = 0; k < count; k++) {
                sum = whole(down, downOffset + lane + k * RANKS).fma(broadcast(input[offset + k * LANES]), sum);
            }
            sum.intoArray(sums, sumsOffset + lane);
        }
    }

    @Override
    public void reduceTile(
            float[] input,
            int offset,
            int count,
            float[] down,
            int downOffset,
            int ranks,
            float[] sums,
            int sumsOffset) {
        for (int lane = 0; lane < LANES; lane += WIDTH) {
            int j = 0;
            for (; j + 8 <= ranks; j += 8) {
                reduceEight(input, offset + lane, count, down, downOffset + j, sums, sumsOffset + j * LANES + lane);
            }
            for (; j + 4 <= ranks; j += 4) {
                reduceFour(input, offset + lane, count, down, downOffset + j, sums, sumsOffset + j * LANES + lane);
            }
            for (; j < ranks; j++) {
                FloatVector sum = at(sums, sumsOffset + j * LANES + lane);
                for (int k = 0; k < count; k++) {
                    sum = at(input, offset + lane + k * LANES).fma(broadcast(down[downOffset + j + k * RANKS]), sum);
                }
                sum.intoArray(sums, sumsOffset + j * LANES + lane);
            }
        }
    }

    /** Eight ranks share each load of the rows, and their chains of additions hide their latency. */
    private static void reduceEight(
            float[] input, int offset, int count, float[] down, int downOffset, float[] sums, int start) {
        FloatVector s0 = at(sums, start);
        FloatVector s1 = at(sums, start + LANES);
        FloatVector s2 = at(sums, start + 2 * LANES);
        FloatVector s3 = at(sums, start + 3 * LANES);
        FloatVector s4 = at(sums, start + 4 * LANES);
        FloatVector s5 = at(sums, start + 5 * LANES);
        FloatVector s6 = at(sums, start + 6 * LANES);
        FloatVector s7 = at(sums, start + 7 * LANES);
        for (int k = 0; k < count; k++) {
            FloatVector x = at(input, offset + k * LANES);
            int a = downOffset + k * RANKS;
            s0 = x.fma(broadcast(down[a]), s0);
            s1 = x.fma(broadcast(down[a + 1]), s1);
            s2 = x.fma(broadcast(down[a + 2]), s2);
            s3 = x.fma(broadcast(down[a + 3]), s3);
            s4 = x.fma(broadcast(down[a + 4]), s4);
            s5 = x.fma(broadcast(down[a + 5]), s5);
            s6 = x.fma(broadcast(down[a + 6]), s6);
            s7 = x.fma(broadcast(down[a + 7]), s7);
        }
        s0.intoArray(sums, start);
        s1.intoArray(sums, start + LANES);
        s2.intoArray(sums, start + 2 * LANES);
        s3.intoArray(sums, start + 3 * LANES);
        s4.intoArray(sums, start + 4 * LANES);
        s5.intoArray(sums, start + 5 * LANES);
        s6.intoArray(sums, start + 6 * LANES);
        s7.intoArray(sums, start + 7 * LANES);
    }

    private static void reduceFour(
            float[] input, int offset, int count, float[] down, int downOffset, float[] sums, int start) {
        FloatVector s0 = at(sums, start);
        FloatVector s1 = at(sums, start + LANES);
        FloatVector s2 = at(sums, start + 2 * LANES);
        FloatVector s3 = at(sums, start + 3 * LANES);
        for (int k = 0; k < count; k++) {
            FloatVector x = at(input, offset + k * LANES);
            int a = downOffset + k * RANKS;
            s0 = x.fma(broadcast(down[a]), s0);
            s1 = x.fma(broadcast(down[a + 1]), s1);
            s2 = x.fma(broadcast(down[a + 2]), s2);
            s3 = x.fma(broadcast(down[a + 3]), s3);
        }
        s0.intoArray(sums, start);
        s1.intoArray(sums, start + LANES);
        s2.intoArray(sums, start + 2 * LANES);
        s3.intoArray(sums, start + 3 * LANES);
    }

    /** Four vectors of outputs at a time, whose sums do not wait for one another. */
    @Override
    public void expandRow(float[] reduced, int rank, float[] up, int upOffset, int stride, int count, float[] results) {
        int i = 0;
        for (; i + 4 * WIDTH <= count; i += 4 * WIDTH) {
            FloatVector s0 = FloatVector.zero(SPECIES);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            for (int j = 0; j < rank; j++) {
                FloatVector r = broadcast(reduced[j]);
                int b = upOffset + j * stride + i;
                s0 = at(up, b).fma(r, s0);
                s1 = at(up, b + WIDTH).fma(r, s1);
                s2 = at(up, b + 2 * WIDTH).fma(r, s2);
                s3 = at(up, b + 3 * WIDTH).fma(r, s3);
            }
            s0.intoArray(results, i);
            s1.intoArray(results, i + WIDTH);
            s2.intoArray(results, i + 2 * WIDTH);
            s3.intoArray(results, i + 3 * WIDTH);
        }
        for (; i < count; i++) {
            float sum = 0f;
            for (int j = 0; j < rank; j++) {
                sum = Math.fma(reduced[j], up[upOffset + j * stride + i], sum);
            }
            results[i] = sum;
        }
    }

    @Override
    public void expandRow(float[] reduced, int rank, short[] up, int upOffset, int stride, int count, float[] results) {
        int i = 0;
        for (; VectorHalves.AVAILABLE && i + 4 * WIDTH <= count; i += 4 * WIDTH) {
            FloatVector s0 = FloatVector.zero(SPECIES);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            for (int j = 0; j < rank; j++) {
                FloatVector r = broadcast(reduced[j]);
                int b = upOffset + j * stride + i;
                s0 = VectorHalves.finite(up, b).fma(r, s0);
                s1 = VectorHalves.finite(up, b + WIDTH).fma(r, s1);
                s2 = VectorHalves.finite(up, b + 2 * WIDTH).fma(r, s2);
                s3 = VectorHalves.finite(up, b + 3 * WIDTH).fma(r, s3);
            }
            s0.intoArray(results, i);
            s1.intoArray(results, i + WIDTH);
            s2.intoArray(results, i + 2 * WIDTH);
            s3.intoArray(results, i + 3 * WIDTH);
        }
        for (; i < count; i++) {
            float sum = 0f;
            for (int j = 0; j < rank; j++) {
                sum = Math.fma(reduced[j], HalfFloats.fromHalf(up[upOffset + j * stride + i]), sum);
            }
            results[i] = sum;
        }
    }

    @Override
    public void expandRow(float[] reduced, int rank, byte[] up, int upOffset, int stride, int count, float[] results) {
        int i = 0;
        for (; BYTES != null && i + 4 * WIDTH <= count; i += 4 * WIDTH) {
            FloatVector s0 = FloatVector.zero(SPECIES);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            for (int j = 0; j < rank; j++) {
                FloatVector r = broadcast(reduced[j]);
                int b = upOffset + j * stride + i;
                s0 = whole(up, b).fma(r, s0);
                s1 = whole(up, b + WIDTH).fma(r, s1);
                s2 = whole(up, b + 2 * WIDTH).fma(r, s2);
                s3 = whole(up, b + 3 * WIDTH).fma(r, s3);
            }
            s0.intoArray(results, i);
            s1.intoArray(results, i + WIDTH);
            s2.intoArray(results, i + 2 * WIDTH);
            s3.intoArray(results, i + 3 * WIDTH);
        }
        for (; i < count; i++) {
            float sum = 0f;
            for (int j = 0; j < rank; j++) {
                sum = Math.fma(reduced[j], up[upOffset + j * stride + i], sum);
            }
            results[i] = sum;
        }
    }

    @Override
    public void expandTile(
            float[] reduced,
            int reducedOffset,
            int rank,
            float[] up,
            int upOffset,
            int stride,
            int count,
            float[] output,
            int outputOffset) {
        int whole = count / 8 * 8;
        for (int lane = 0; lane < LANES; lane += WIDTH) {
            for (int i = 0; i < whole; i += 8) {
                int target = outputOffset + i * LANES + lane;
                expandEight(reduced, reducedOffset + lane, rank, up, upOffset + i, stride, output, target);
            }
        }
        scalar.expandTile(
                reduced,
                reducedOffset,
                rank,
                up,
                upOffset + whole,
                stride,
                count - whole,
                output,
                outputOffset + whole * LANES);
    }

    /** Eight outputs share each load of the reduced rows, and their chains of additions hide their latency. */
    private static void expandEight(
            float[] reduced, int offset, int rank, float[] up, int upOffset, int stride, float[] output, int target) {
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        FloatVector s4 = s0;
        FloatVector s5 = s0;
        FloatVector s6 = s0;
        FloatVector s7 = s0;
        for (int j = 0; j < rank; j++) {
            FloatVector r = at(reduced, offset + j * LANES);
            int b = upOffset + j * stride;
            s0 = r.fma(broadcast(up[b]), s0);
            s1 = r.fma(broadcast(up[b + 1]), s1);
            s2 = r.fma(broadcast(up[b + 2]), s2);
            s3 = r.fma(broadcast(up[b + 3]), s3);
            s4 = r.fma(broadcast(up[b + 4]), s4);
            s5 = r.fma(broadcast(up[b + 5]), s5);
            s6 = r.fma(broadcast(up[b + 6]), s6);
            s7 = r.fma(broadcast(up[b + 7]), s7);
        }
        add(output, target, s0);
        add(output, target + LANES, s1);
        add(output, target + 2 * LANES, s2);
        add(output, target + 3 * LANES, s3);
        add(output, target + 4 * LANES, s4);
        add(output, target + 5 * LANES, s5);
        add(output, target + 6 * LANES, s6);
        add(output, target + 7 * LANES, s7);
    }

    private static void add(float[] output, int target, FloatVector sum) {
        at(output, target).add(sum).intoArray(output, target);
    }

    private static FloatVector at(float[] values, int offset) {
        return FloatVector.fromArray(SPECIES, values, offset);
    }

    private static FloatVector broadcast(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }

    @Override
    public void widen(byte[] source, int offset, float[] target, int count) {
        int i = 0;
        for (; BYTES != null && i + WIDTH <= count; i += WIDTH) {
            whole(source, offset + i).intoArray(target, i);
        }
        for (; i < count; i++) {
            target[i] = source[offset + i];
        }
    }

    private static FloatVector whole(byte[] source, int offset) {
        return (FloatVector) ByteVector.fromArray(BYTES, source, offset).convertShape(VectorOperators.B2F, SPECIES, 0);
    }
}
