package io.promptmill.udf.layers;

import io.promptmill.udf.tensor.RowTiles;

/**
 * Sizes of an attention layer.
 *
 * @param group query heads that share a key-value head
 * @param scale of the dot products
 */
record AttentionShape(int group, int kvHeads, int headSize, float scale) {
    /** Keys that are scored, weighted and summed before the next ones: a head's keys and values stay in cache. */
    static final int WINDOW = 128;

    static final int WINDOW_BLOCKS = WINDOW / KvCache.BLOCK_TOKENS;

    /** Features of the queries that share a key-value head. */
    int groupFeatures() {
        return group * headSize;
    }

    /** KV blocks that hold the positions up to {@code position}. */
    static int blocksTo(int position) {
        return position / KvCache.BLOCK_TOKENS + 1;
    }

    /** What a row, or the rows of a tile, attend to and where the result goes: one layer of one step. */
    record Step(StepBatch batch, KvCache cache, int layer, RowTiles queries, RowTiles output) {}
}
