package io.promptmill.udf.kernels;

import static io.promptmill.udf.tensor.RowTiles.LANES;

import java.util.Arrays;

/** Attention in plain loops. */
final class ScalarAttentionKernels implements AttentionKernels {

    @Override
    public void scores(
            float[] queries,
            int count,
            int headSize,
            float scale,
            float[] keys,
            int keysOffset,
            float[] scores,
            int scoresOffset,
            int scoresStride) {
        for (int q = 0; q < count; q++) {
            for (int j = 0; j < LANES; j++) {
                float sum = 0f;
                for (int d = 0; d < headSize; d++) {
                    sum = Math.fma(keys[keysOffset + d * LANES + j], queries[q * headSize + d], sum);
                }
                scores[scoresOffset + q * scoresStride + j] = sum * scale;
            }
        }
    }

    @Override
    public void softmaxBlock(
            RunningSoftmax running, int query, int queries, float[] scores, int offset, int stride, int count) {
        for (int q = 0; q < queries; q++) {
            int start = offset + q * stride;
            float maximum = Float.NEGATIVE_INFINITY;
            for (int i = 0; i < count; i++) {
                maximum = Math.max(maximum, scores[start + i]);
            }
            maximum = running.raise(query + q, maximum);
            Arrays.fill(running.partials, 0f);
            for (int i = 0; i < count; i++) {
                scores[start + i] = Exponential.exp(scores[start + i] - maximum);
                running.partials[i % LANES] += scores[start + i];
            }
            running.addPartials(query + q);
        }
    }

    @Override
    public void weightedSum(
            float[] weights,
            int weightsOffset,
            int weightsStride,
            int queries,
            int count,
            float[] values,
            int valuesOffset,
            int headSize,
            float[] output,
            int outputOffset) {
        for (int q = 0; q < queries; q++) {
            for (int d = 0; d < headSize; d++) {
                int target = outputOffset + q * headSize + d;
                float sum = output[target];
                for (int j = 0; j < count; j++) {
                    float weight = weights[weightsOffset + q * weightsStride + j];
                    sum = Math.fma(values[valuesOffset + j * headSize + d], weight, sum);
                }
                output[target] = sum;
            }
        }
    }

    @Override
    public void tileScores(
            float[] queries,
            int queriesOffset,
            int heads,
            int headSize,
            float scale,
            float[] keys,
            int keysOffset,
            float[] scores,
            int scoresOffset,
            int headStride) {
        for (int h = 0; h < heads; h++) {
            for (int j = 0; j < LANES; j++) {
                for (int lane = 0; lane < LANES; lane++) {
                    float sum = 0f;
                    for (int d = 0; d < headSize; d++) {
                        float query = queries[queriesOffset + (h * headSize + d) * LANES + lane];
                        sum = Math.fma(keys[keysOffset + d * LANES + j], query, sum);
                    }
                    scores[scoresOffset + h * headStride + j * LANES + lane] = sum * scale;
                }
            }
        }
    }

    @Override
    public void tileSoftmaxBlock(
            RunningSoftmax running, int heads, float[] scores, int headStride, int keys, int[] counts) {
        for (int h = 0; h < heads; h++) {
            for (int lane = 0; lane < LANES; lane++) {
                int start = h * headStride + lane;
                float maximum = Float.NEGATIVE_INFINITY;
                for (int j = 0; j < counts[lane]; j++) {
                    maximum = Math.max(maximum, scores[start + j * LANES]);
                }
                maximum = running.raise(h * LANES + lane, maximum);
                Arrays.fill(running.partials, 0f);
                for (int j = 0; j < counts[lane]; j++) {
                    float weight = Exponential.exp(scores[start + j * LANES] - maximum);
                    scores[start + j * LANES] = weight;
                    running.partials[j % LANES] += weight;
                }
                for (int j = counts[lane]; j < keys; j++) {
                    scores[start + j * LANES] = 0f;
                }
                running.addPartials(h * LANES + lane);
            }
        }
    }

    @Override
    public void tileWeightedSum(
            float[] weights, int headStride, int heads, int keys, float[] values, int headSize, float[] output) {
        for (int h = 0; h < heads; h++) {
            for (int d = 0; d < headSize; d++) {
                for (int lane = 0; lane < LANES; lane++) {
                    int target = (h * headSize + d) * LANES + lane;
                    float sum = output[target];
                    for (int j = 0; j < keys; j++) {
                        sum = Math.fma(values[j * headSize + d], weights[h * headStride + j * LANES + lane], sum);
                    }
                    output[target] = sum;
                }
            }
        }
    }

    @Override
    public void scaleTile(
            float[] source,
            int sourceOffset,
            int count,
            float[] factors,
            int factorsOffset,
            float[] target,
            int targetOffset) {
        for (int i = 0; i < count * LANES; i++) {
            target[targetOffset + i] = source[sourceOffset + i] * factors[factorsOffset + i % LANES] + 0f;
        }
    }
}
