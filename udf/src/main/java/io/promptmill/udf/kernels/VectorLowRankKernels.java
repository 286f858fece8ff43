package io.promptmill.udf.kernels;

import static io.promptmill.udf.kernels.VectorKernels.SPECIES;
import static io.promptmill.udf.kernels.VectorKernels.WIDTH;
import static io.promptmill.udf.tensor.RowTiles.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** {@link LowRankKernels} with the ranks or outputs of a row, or the rows of a tile, side by side in a vector. */
final class VectorLowRankKernels implements LowRankKernels {
    private final LowRankKernels scalar = new ScalarLowRankKernels();

    /** Four inputs at a time, one for each partial sum: four chains of additions hide their latency. */
    @Override
    public void reduceRow(
            float[] input, int offset, int count, float[] down, int downOffset, float[] sums, int sumsOffset) {
        int whole = count / SUMS * SUMS;
        for (int lane = 0; lane < RANKS; lane += WIDTH) {
            int start = sumsOffset + lane;
            FloatVector s0 = at(sums, start);
            FloatVector s1 = at(sums, start + RANKS);
            FloatVector s2 = at(sums, start + 2 * RANKS);
            FloatVector s3 = at(sums, start + 3 * RANKS);
            for (int k = 0; k < whole; k += SUMS) {
                int x = offset + k * LANES;
                int a = downOffset + k * RANKS + lane;
                s0 = at(down, a).fma(broadcast(input[x]), s0);
                s1 = at(down, a + RANKS).fma(broadcast(input[x + LANES]), s1);
                s2 = at(down, a + 2 * RANKS).fma(broadcast(input[x + 2 * LANES]), s2);
                s3 = at(down, a + 3 * RANKS).fma(broadcast(input[x + 3 * LANES]), s3);
            }
            s0.intoArray(sums, start);
            s1.intoArray(sums, start + RANKS);
            s2.intoArray(sums, start + 2 * RANKS);
            s3.intoArray(sums, start + 3 * RANKS);
        }
        scalar.reduceRow(
                input, offset + whole * LANES, count - whole, down, downOffset + whole * RANKS, sums, sumsOffset);
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
        int whole = count / SUMS * SUMS;
        for (int lane = 0; lane < LANES; lane += WIDTH) {
            int j = 0;
            for (; j + 3 <= ranks; j += 3) {
                int start = sumsOffset + j * SUMS * LANES + lane;
                reduceThree(input, offset + lane, whole, down, downOffset + j, sums, start);
            }
            for (; j < ranks; j++) {
                int start = sumsOffset + j * SUMS * LANES + lane;
                reduceOne(input, offset + lane, whole, down, downOffset + j, sums, start);
            }
        }
        scalar.reduceTile(
                input,
                offset + whole * LANES,
                count - whole,
                down,
                downOffset + whole * RANKS,
                ranks,
                sums,
                sumsOffset);
    }

    /** Three ranks share each load of the rows: with four partial sums that is twelve chains, in sixteen registers. */
    private static void reduceThree(
            float[] input, int offset, int count, float[] down, int downOffset, float[] sums, int start) {
        int next = SUMS * LANES;
        FloatVector a0 = at(sums, start);
        FloatVector a1 = at(sums, start + LANES);
        FloatVector a2 = at(sums, start + 2 * LANES);
        FloatVector a3 = at(sums, start + 3 * LANES);
        FloatVector b0 = at(sums, start + next);
        FloatVector b1 = at(sums, start + next + LANES);
        FloatVector b2 = at(sums, start + next + 2 * LANES);
        FloatVector b3 = at(sums, start + next + 3 * LANES);
        FloatVector c0 = at(sums, start + 2 * next);
        FloatVector c1 = at(sums, start + 2 * next + LANES);
        FloatVector c2 = at(sums, start + 2 * next + 2 * LANES);
        FloatVector c3 = at(sums, start + 2 * next + 3 * LANES);
        for (int k = 0; k < count; k += SUMS) {
            int x = offset + k * LANES;
            int d = downOffset + k * RANKS;
            FloatVector x0 = at(input, x);
            a0 = x0.fma(broadcast(down[d]), a0);
            b0 = x0.fma(broadcast(down[d + 1]), b0);
            c0 = x0.fma(broadcast(down[d + 2]), c0);
            FloatVector x1 = at(input, x + LANES);
            a1 = x1.fma(broadcast(down[d + RANKS]), a1);
            b1 = x1.fma(broadcast(down[d + RANKS + 1]), b1);
            c1 = x1.fma(broadcast(down[d + RANKS + 2]), c1);
            FloatVector x2 = at(input, x + 2 * LANES);
            a2 = x2.fma(broadcast(down[d + 2 * RANKS]), a2);
            b2 = x2.fma(broadcast(down[d + 2 * RANKS + 1]), b2);
            c2 = x2.fma(broadcast(down[d + 2 * RANKS + 2]), c2);
            FloatVector x3 = at(input, x + 3 * LANES);
            a3 = x3.fma(broadcast(down[d + 3 * RANKS]), a3);
            b3 = x3.fma(broadcast(down[d + 3 * RANKS + 1]), b3);
            c3 = x3.fma(broadcast(down[d + 3 * RANKS + 2]), c3);
        }
        a0.intoArray(sums, start);
        a1.intoArray(sums, start + LANES);
        a2.intoArray(sums, start + 2 * LANES);
        a3.intoArray(sums, start + 3 * LANES);
        b0.intoArray(sums, start + next);
        b1.intoArray(sums, start + next + LANES);
        b2.intoArray(sums, start + next + 2 * LANES);
        b3.intoArray(sums, start + next + 3 * LANES);
        c0.intoArray(sums, start + 2 * next);
        c1.intoArray(sums, start + 2 * next + LANES);
        c2.intoArray(sums, start + 2 * next + 2 * LANES);
        c3.intoArray(sums, start + 2 * next + 3 * LANES);
    }

    private static void reduceOne(
            float[] input, int offset, int count, float[] down, int downOffset, float[] sums, int start) {
        FloatVector s0 = at(sums, start);
        FloatVector s1 = at(sums, start + LANES);
        FloatVector s2 = at(sums, start + 2 * LANES);
        FloatVector s3 = at(sums, start + 3 * LANES);
        for (int k = 0; k < count; k += SUMS) {
            int x = offset + k * LANES;
            int d = downOffset + k * RANKS;
            s0 = at(input, x).fma(broadcast(down[d]), s0);
            s1 = at(input, x + LANES).fma(broadcast(down[d + RANKS]), s1);
            s2 = at(input, x + 2 * LANES).fma(broadcast(down[d + 2 * RANKS]), s2);
            s3 = at(input, x + 3 * LANES).fma(broadcast(down[d + 3 * RANKS]), s3);
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
    public void expandTile(
            float[] reduced,
            int reducedOffset,
            int rank,
            float[] up,
            int upOffset,
            int stride,
            int count,
            boolean[] lanes,
            float[] output,
            int outputOffset) {
        int whole = count / 8 * 8;
        for (int lane = 0; lane < LANES; lane += WIDTH) {
            VectorMask<Float> mask = VectorMask.fromArray(SPECIES, lanes, lane);
            for (int i = 0; i < whole; i += 8) {
                expandEight(
                        reduced,
                        reducedOffset + lane,
                        rank,
                        up,
                        upOffset + i,
                        stride,
                        mask,
                        output,
                        outputOffset + i * LANES + lane);
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
                lanes,
                output,
                outputOffset + whole * LANES);
    }

    /** Eight outputs share each load of the reduced rows, and their chains of additions hide their latency. */
    private static void expandEight(
            float[] reduced,
            int offset,
            int rank,
            float[] up,
            int upOffset,
            int stride,
            VectorMask<Float> mask,
            float[] output,
            int target) {
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
        add(output, target, s0, mask);
        add(output, target + LANES, s1, mask);
        add(output, target + 2 * LANES, s2, mask);
        add(output, target + 3 * LANES, s3, mask);
        add(output, target + 4 * LANES, s4, mask);
        add(output, target + 5 * LANES, s5, mask);
        add(output, target + 6 * LANES, s6, mask);
        add(output, target + 7 * LANES, s7, mask);
    }

    private static void add(float[] output, int target, FloatVector sum, VectorMask<Float> mask) {
        FloatVector before = at(output, target);
        before.blend(before.add(sum), mask).intoArray(output, target);
    }

    private static FloatVector at(float[] values, int offset) {
        return FloatVector.fromArray(SPECIES, values, offset);
    }

    private static FloatVector broadcast(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }
}
