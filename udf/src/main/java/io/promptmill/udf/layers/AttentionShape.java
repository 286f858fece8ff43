package io.promptmill.udf.layers;

import io.promptmill.udf.tensor.RowTiles;

/**
 * What all attention layers of a model have in common.
 *
 * @param heads query heads, a multiple of {@code kvHeads}
 * @param headSize features of a head's queries and keys
 * @param valueSize features of a head's values
 * @param scale of the dot products, usually {@code 1 / sqrt(headSize)}
 * @param softCap bound of the scores, {@code softCap * tanh(score / softCap)}; 0 for none
 * @param slopes of each query head: what a score loses for each position between query and key (Press et al. 2021,
 *     arXiv:2108.12409); null for none
 */
public record AttentionShape(
        int heads, int kvHeads, int headSize, int valueSize, float scale, float softCap, float[] slopes) {
    /** Keys that are scored, weighted and summed before the next ones: a head's keys and values stay in cache. */
    static final int WINDOW = 128;

    static final int WINDOW_BLOCKS = WINDOW / KvCache.BLOCK_TOKENS;

    /**
     * The score of a key that a query does not see, when another of the window is seen: so low that its weight is 0 beside
     * any other, and finite, so that a difference of two is a number.
     */
    static final float UNSEEN = -1e30f;

    /** Without a bound or slopes, values as large as keys, and the usual scale. */
    public static AttentionShape of(int heads, int kvHeads, int headSize) {
        return new AttentionShape(heads, kvHeads, headSize, headSize, (float) (1 / Math.sqrt(headSize)), 0, null);
    }

    public AttentionShape withScale(float newScale) {
        return new AttentionShape(heads, kvHeads, headSize, valueSize, newScale, softCap, slopes);
    }

    public AttentionShape withSoftCap(float newSoftCap) {
        return new AttentionShape(heads, kvHeads, headSize, valueSize, scale, newSoftCap, slopes);
    }

    public AttentionShape withSlopes(float[] newSlopes) {
        return new AttentionShape(heads, kvHeads, headSize, valueSize, scale, softCap, newSlopes);
    }

    /** Query heads that share a key-value head. */
    int group() {
        return heads / kvHeads;
    }

    /** Features of the queries that share a key-value head. */
    int groupFeatures() {
        return group() * headSize;
    }

    /** Features of the results of queries that share a key-value head. */
    int groupValues() {
        return group() * valueSize;
    }

    /** KV blocks that hold the positions up to {@code position}. */
    static int blocksTo(int position) {
        return position / KvCache.BLOCK_TOKENS + 1;
    }

    /** What a row, or the rows of a tile, attend to and where the result goes: one layer of one step. */
    record Step(StepBatch batch, KvCache cache, int layer, AttentionSpan span, RowTiles queries, RowTiles output) {

        /** The first position that a row at {@code position} sees. */
        int start(int position) {
            return span.window() == 0 ? 0 : Math.max(0, position - span.window() + 1);
        }

        /** The first KV block of the first window that holds something for a row at {@code position}. */
        int firstBlock(int position) {
            return start(position) / WINDOW * WINDOW_BLOCKS;
        }
    }
}
