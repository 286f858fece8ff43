package io.promptmill.udf.kernels;

/**
 * Arithmetic of attention, in two forms that agree to the bit: for queries that lie row by row, and for tiles of sixteen
 * rows side by side. Sums have one order, given here. Thread-safe for disjoint outputs.
 */
public interface AttentionKernels {

    /**
     * Dot products of some queries with sixteen keys: {@code scores[q * scoresStride + j] = scale * sum over d of
     * queries[q, d] * keys[d, j]}, one fused multiply-add a term, d ascending from 0.
     *
     * @param queries {@code [count x headSize]}
     * @param keys {@code [headSize x 16]} from {@code keysOffset}
     */
    void scores(
            float[] queries,
            int count,
            int headSize,
            float scale,
            float[] keys,
            int keysOffset,
            float[] scores,
            int scoresOffset,
            int scoresStride);

    /**
     * Goes on with the softmax of the queries {@code [query, query + queries)} over the next {@code count} scores of
     * each: a score becomes its weight {@code exp(score - largest score of this query so far)}. A block's weights are
     * summed in sixteen partial sums by {@code i % 16}, added by halves: {@code (i, i + 8)}, then
     * {@code (i, i + 4)}, and so on.
     *
     * @param scores a query's begin at {@code offset + i * stride}, i from 0; the array must reach to the next multiple
     *     of 16 beyond {@code count}, and what lies there is overwritten
     */
    void softmaxBlock(
            RunningSoftmax running, int query, int queries, float[] scores, int offset, int stride, int count);

    /**
     * {@code output[q, d] += sum over j of weights[q * weightsStride + j] * values[j, d]} for {@code count} values; the
     * fused multiply-adds, j ascending, continue the sum in the output.
     *
     * @param weights a query's begin at {@code weightsOffset + i * weightsStride}, i from 0
     * @param values {@code [count x headSize]} from {@code valuesOffset}
     * @param output {@code [queries x headSize]} from {@code outputOffset}
     */
    void weightedSum(
            float[] weights,
            int weightsOffset,
            int weightsStride,
            int queries,
            int count,
            float[] values,
            int valuesOffset,
            int headSize,
            float[] output,
            int outputOffset);

    /**
     * Scores of sixteen rows with sixteen keys, for the heads that share them, as {@link #scores} has them:
     * {@code scores[scoresOffset + h * headStride + j * 16 + row]}.
     *
     * @param queries {@code [heads x headSize x 16]} from {@code queriesOffset}
     * @param keys {@code [headSize x 16]} from {@code keysOffset}
     */
    void tileScores(
            float[] queries,
            int queriesOffset,
            int heads,
            int headSize,
            float scale,
            float[] keys,
            int keysOffset,
            float[] scores,
            int scoresOffset,
            int headStride);

    /**
     * {@link #softmaxBlock} of sixteen rows for some heads; row r of head h is the query {@code h * 16 + r}. A row has the
     * first {@code counts[r]} of the scores; the others become weights of zero.
     *
     * @param scores {@code [keys x 16]} of head h from {@code h * headStride}
     * @param counts of each row, {@code [16]}: 0 to {@code keys}, 0 not in the first block
     */
    void tileSoftmaxBlock(RunningSoftmax running, int heads, float[] scores, int headStride, int keys, int[] counts);

    /**
     * {@link #weightedSum} of sixteen rows for some heads: {@code output[h, d, r] += sum over j of weights[h * headStride
     * + j * 16 + r] * values[j, d]}, {@code keys} terms.
     *
     * @param values {@code [keys x headSize]}
     * @param output {@code [heads x headSize x 16]}
     */
    void tileWeightedSum(
            float[] weights, int headStride, int heads, int keys, float[] values, int headSize, float[] output);

    /**
     * {@code target[i, r] = source[i, r] * factors[r]} for sixteen rows r, a zero of either sign becoming +0.
     *
     * @param source {@code [count x 16]} from {@code sourceOffset}
     * @param factors {@code [16]} from {@code factorsOffset}
     * @param target {@code [count x 16]} from {@code targetOffset}; may be the source
     */
    void scaleTile(
            float[] source,
            int sourceOffset,
            int count,
            float[] factors,
            int factorsOffset,
            float[] target,
            int targetOffset);

    /**
     * Softmax in place of {@code count} values from {@code offset}, as one block of {@link #softmaxBlock}. The array must
     * reach to the next multiple of 16 beyond {@code count}; what lies there is overwritten.
     */
    default void softmax(float[] values, int offset, int count) {
        RunningSoftmax running = new RunningSoftmax();
        running.reset(1);
        softmaxBlock(running, 0, 1, values, offset, 0, count);
        float inverse = 1f / running.sum(0);
        for (int i = offset; i < offset + count; i++) {
            values[i] *= inverse;
        }
    }
}
