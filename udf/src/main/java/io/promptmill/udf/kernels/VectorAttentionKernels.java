package io.promptmill.udf.kernels;

import static io.promptmill.udf.kernels.VectorKernels.WIDTH;
import static io.promptmill.udf.tensor.RowTiles.LANES;

/** Attention in vectors: cuts the work into the register tiles of {@link VectorAttention} and {@link VectorTileAttention}. */
final class VectorAttentionKernels implements AttentionKernels {
    /** Two heads at a time take 16 accumulators, more than the registers of AVX2 hold. */
    private static final boolean TWO_HEADS = WIDTH != 8;

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
        for (int j = 0; j < LANES; j += WIDTH) {
            int k = keysOffset + j;
            int s = scoresOffset + j;
            int q = 0;
            for (; q + 8 <= count; q += 8) {
                VectorAttention.eightScores(
                        queries, q * headSize, headSize, scale, keys, k, scores, s + q * scoresStride, scoresStride);
            }
            for (; q + 4 <= count; q += 4) {
                VectorAttention.fourScores(
                        queries, q * headSize, headSize, scale, keys, k, scores, s + q * scoresStride, scoresStride);
            }
            for (; q < count; q++) {
                VectorAttention.oneScore(queries, q * headSize, headSize, scale, keys, k, scores, s + q * scoresStride);
            }
        }
    }

    @Override
    public void softmaxBlock(
            RunningSoftmax running, int query, int queries, float[] scores, int offset, int stride, int count) {
        for (int q = 0; q < queries; q++) {
            VectorAttention.softmax(running, query + q, scores, offset + q * stride, count);
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
        int q = 0;
        for (; q + 2 <= queries; q += 2) {
            int w = weightsOffset + q * weightsStride;
            int o = outputOffset + q * headSize;
            VectorAttention.twoSums(weights, w, w + weightsStride, count, values, valuesOffset, headSize, output, o);
        }
        if (q < queries) {
            int w = weightsOffset + q * weightsStride;
            int o = outputOffset + q * headSize;
            VectorAttention.oneSum(weights, w, count, values, valuesOffset, headSize, 0, output, o);
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
        int queryStride = headSize * LANES;
        for (int lane = 0; lane < LANES; lane += WIDTH) {
            for (int j = 0; j < LANES; j += 8) {
                int q = queriesOffset + lane;
                int s = scoresOffset + j * LANES + lane;
                int k = keysOffset + j;
                int h = 0;
                for (; TWO_HEADS && h + 2 <= heads; h += 2, q += 2 * queryStride, s += 2 * headStride) {
                    VectorTileAttention.eightScoresOfTwo(
                            queries, q, q + queryStride, headSize, scale, keys, k, scores, s, s + headStride);
                }
                for (; h < heads; h++, q += queryStride, s += headStride) {
                    VectorTileAttention.eightScores(queries, q, headSize, scale, keys, k, scores, s);
                }
            }
        }
    }

    @Override
    public void tileSoftmaxBlock(
            RunningSoftmax running, int heads, float[] scores, int headStride, int keys, int[] counts) {
        int shared = keys;
        for (int count : counts) {
            shared = Math.min(shared, count);
        }
        for (int h = 0; h < heads; h++) {
            VectorTileAttention.mask(scores, h * headStride, shared, keys, counts);
            for (int lane = 0; lane < LANES; lane += WIDTH) {
                VectorTileAttention.softmax(running, h * LANES + lane, scores, h * headStride + lane, keys);
            }
        }
    }

    @Override
    public void tileWeightedSum(
            float[] weights, int headStride, int heads, int keys, float[] values, int headSize, float[] output) {
        int outputStride = headSize * LANES;
        for (int lane = 0; lane < LANES; lane += WIDTH) {
            int w = lane;
            int o = lane;
            int h = 0;
            for (; TWO_HEADS && h + 2 <= heads; h += 2, w += 2 * headStride, o += 2 * outputStride) {
                int d = 0;
                for (; d + 8 <= headSize; d += 8) {
                    int o0 = o + d * LANES;
                    VectorTileAttention.eightSumsOfTwo(
                            weights, w, w + headStride, keys, values, d, headSize, output, o0, o0 + outputStride);
                }
                VectorTileAttention.lastSums(weights, w, keys, values, d, headSize, output, o);
                VectorTileAttention.lastSums(
                        weights, w + headStride, keys, values, d, headSize, output, o + outputStride);
            }
            for (; h < heads; h++, w += headStride, o += outputStride) {
                int d = 0;
                for (; d + 8 <= headSize; d += 8) {
                    VectorTileAttention.eightSums(weights, w, keys, values, d, headSize, output, o + d * LANES);
                }
                VectorTileAttention.lastSums(weights, w, keys, values, d, headSize, output, o);
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
        for (int lane = 0; lane < LANES; lane += WIDTH) {
            VectorTileAttention.scale(
                    source, sourceOffset + lane, count, factors, factorsOffset + lane, target, targetOffset + lane);
        }
    }
}
