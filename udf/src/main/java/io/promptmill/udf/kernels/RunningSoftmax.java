package io.promptmill.udf.kernels;

import io.promptmill.udf.tensor.RowTiles;
import java.util.Arrays;

/**
 * Softmax of several queries over scores that come in blocks (Milakov and Gimelshein 2018, arXiv:1805.02867): of every
 * query the largest score so far and the sum of the exponentials, taken against that score. Filled by
 * {@link AttentionKernels#softmaxBlock}. Not thread-safe.
 */
public final class RunningSoftmax {
    final float[] partials = new float[RowTiles.LANES];
    /** Partial sums of a tile's rows, {@code [16 x 16]}. */
    final float[] tilePartials = new float[RowTiles.LANES * RowTiles.LANES];

    float[] maxima = new float[0];
    float[] sums = new float[0];
    float[] factors = new float[0];

    /** Forgets all scores and makes room for {@code queries} queries. */
    public void reset(int queries) {
        if (maxima.length < queries) {
            maxima = new float[queries];
            sums = new float[queries];
            factors = new float[queries];
        }
        Arrays.fill(maxima, 0, queries, Float.NEGATIVE_INFINITY);
        Arrays.fill(sums, 0, queries, 0f);
    }

    /** By what a query's weights of earlier blocks, and all that was summed with them, are to be multiplied now. */
    public float factor(int query) {
        return factors[query];
    }

    /** {@link #factor} of all queries. */
    public float[] factors() {
        return factors;
    }

    /** Sum of a query's weights of all blocks. */
    public float sum(int query) {
        return sums[query];
    }

    /** What a query's weighted sums are to be multiplied with in the end: one by the sum of its weights. */
    public float inverse(int query) {
        return 1f / sums[query];
    }

    /**
     * As {@link #inverse(int)} where another score has a part of the weight but no value: an attention sink (Xiao et al.
     * 2023, arXiv:2309.17453).
     */
    public float inverse(int query, float sink) {
        float maximum = Math.max(maxima[query], sink);
        float factor = Exponential.exp(maxima[query] - maximum);
        return factor / Math.fma(sums[query], factor, Exponential.exp(sink - maximum));
    }

    /** Takes in a block of a query whose largest score is given; returns the score that its weights refer to. */
    float raise(int query, float blockMaximum) {
        float maximum = Math.max(maxima[query], blockMaximum);
        factors[query] = Exponential.exp(maxima[query] - maximum);
        maxima[query] = maximum;
        return maximum;
    }

    /** Adds the block's {@link #partials}, by halves: one order for every width of vectors. */
    void addPartials(int query) {
        for (int half = RowTiles.LANES / 2; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) {
                partials[i] += partials[i + half];
            }
        }
        sums[query] = Math.fma(sums[query], factors[query], partials[0]);
    }
}
