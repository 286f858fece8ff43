package io.promptmill.udf.kernels;

import static io.promptmill.udf.tensor.RowTiles.LANES;

/** Plain loops: what the vector kernels are held to. */
final class ScalarLowRankKernels implements LowRankKernels {

    @Override
    public void reduceRow(
            float[] input, int offset, int count, float[] down, int downOffset, float[] sums, int sumsOffset) {
        for (int k = 0; k < count; k++) {
            float x = input[offset + k * LANES];
            for (int j = 0; j < RANKS; j++) {
                sums[sumsOffset + j] = Math.fma(x, down[downOffset + k * RANKS + j], sums[sumsOffset + j]);
            }
        }
    }

    @Override
    public void reduceRow(
            float[] input, int offset, int count, short[] down, int downOffset, float[] sums, int sumsOffset) {
        for (int k = 0; k < count; k++) {
            float x = input[offset + k * LANES];
            for (int j = 0; j < RANKS; j++) {
                float a = HalfFloats.fromHalf(down[downOffset + k * RANKS + j]);
                sums[sumsOffset + j] = Math.fma(x, a, sums[sumsOffset + j]);
            }
        }
    }

    @Override
    public void reduceRow(
            float[] input, int offset, int count, byte[] down, int downOffset, float[] sums, int sumsOffset) {
        for (int k = 0; k < count; k++) {
            float x = input[offset + k * LANES];
            for (int j = 0; j < RANKS; j++) {
                float a = down[downOffset + k * RANKS + j];
                sums[sumsOffset + j] = Math.fma(x, a, sums[sumsOffset + j]);
            }
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
        for (int j = 0; j < ranks; j++) {
            for (int lane = 0; lane < LANES; lane++) {
                int sum = sumsOffset + j * LANES + lane;
                for (int k = 0; k < count; k++) {
                    sums[sum] = Math.fma(input[offset + k * LANES + lane], down[downOffset + k * RANKS + j], sums[sum]);
                }
            }
        }
    }

    @Override
    public void expandRow(float[] reduced, int rank, float[] up, int upOffset, int stride, int count, float[] results) {
        for (int i = 0; i < count; i++) {
            float sum = 0f;
            for (int j = 0; j < rank; j++) {
                sum = Math.fma(reduced[j], up[upOffset + j * stride + i], sum);
            }
            results[i] = sum;
        }
    }

    @Override
    public void expandRow(float[] reduced, int rank, short[] up, int upOffset, int stride, int count, float[] results) {
        for (int i = 0; i < count; i++) {
            float sum = 0f;
            for (int j = 0; j < rank; j++) {
                sum = Math.fma(reduced[j], HalfFloats.fromHalf(up[upOffset + j * stride + i]), sum);
            }
            results[i] = sum;
        }
    }

    @Override
    public void expandRow(float[] reduced, int rank, byte[] up, int upOffset, int stride, int count, float[] results) {
        for (int i = 0; i < count; i++) {
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
        for (int i = 0; i < count; i++) {
            for (int lane = 0; lane < LANES; lane++) {
                float sum = 0f;
                for (int j = 0; j < rank; j++) {
                    sum = Math.fma(reduced[reducedOffset + j * LANES + lane], up[upOffset + j * stride + i], sum);
                }
                output[outputOffset + i * LANES + lane] += sum;
            }
        }
    }

    @Override
    public void widen(byte[] source, int offset, float[] target, int count) {
        for (int i = 0; i < count; i++) {
            target[i] = source[offset + i];
        }
    }
}
