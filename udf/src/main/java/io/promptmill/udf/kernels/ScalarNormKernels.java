package io.promptmill.udf.kernels;

import static io.promptmill.udf.tensor.RowTiles.LANES;

/** Plain loops: what the vector kernels are held to. */
final class ScalarNormKernels implements NormKernels {

    @Override
    public void rms(
            float[] input,
            int offset,
            int features,
            float[] weight,
            int weightOffset,
            float epsilon,
            float[] output,
            int outputOffset) {
        for (int lane = 0; lane < LANES; lane++) {
            float[] sums = new float[4];
            for (int f = 0; f < features; f++) {
                float x = input[offset + f * LANES + lane];
                sums[f % 4] = Math.fma(x, x, sums[f % 4]);
            }
            float scale = inverseRoot(total(sums) / features, epsilon);
            for (int f = 0; f < features; f++) {
                output[outputOffset + f * LANES + lane] =
                        input[offset + f * LANES + lane] * scale * weight[weightOffset + f];
            }
        }
    }

    @Override
    public void layer(
            float[] input,
            int offset,
            int features,
            float[] weight,
            float[] bias,
            int weightOffset,
            float epsilon,
            float[] output,
            int outputOffset) {
        for (int lane = 0; lane < LANES; lane++) {
            float[] sums = new float[4];
            for (int f = 0; f < features; f++) {
                sums[f % 4] += input[offset + f * LANES + lane];
            }
            float mean = total(sums) / features;
            float[] squares = new float[4];
            for (int f = 0; f < features; f++) {
                float x = input[offset + f * LANES + lane] - mean;
                squares[f % 4] = Math.fma(x, x, squares[f % 4]);
            }
            float scale = inverseRoot(total(squares) / features, epsilon);
            for (int f = 0; f < features; f++) {
                float x = (input[offset + f * LANES + lane] - mean) * scale * weight[weightOffset + f];
                output[outputOffset + f * LANES + lane] = bias == null ? x : x + bias[weightOffset + f];
            }
        }
    }

    private static float total(float[] sums) {
        return (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }

    private static float inverseRoot(float mean, float epsilon) {
        return 1f / (float) Math.sqrt(mean + epsilon) + mean * 0f;
    }
}
