package io.promptmill.udf.layers;

import static io.promptmill.udf.layers.KvCache.BLOCK_TOKENS;

import io.promptmill.udf.tensor.RowTiles;
import java.util.Arrays;

/**
 * Causal scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762) with grouped queries (Ainslie et al. 2023,
 * arXiv:2305.13245) over the paged KV cache. Keys are walked block by block from position 0, whatever the chunks that
 * the prompt was computed in, so a row's sums have one order. The query heads of a group share each load of their keys.
 */
public final class Attention {
    private final Compute compute;
    private final int heads;
    private final int kvHeads;
    private final int headSize;
    private final float scale;
    private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

    /**
     * @param heads query heads, a multiple of {@code kvHeads}
     * @param scale of the dot products, usually {@code 1 / sqrt(headSize)}
     */
    public Attention(Compute compute, int heads, int kvHeads, int headSize, float scale) {
        this.compute = compute;
        this.heads = heads;
        this.kvHeads = kvHeads;
        this.headSize = headSize;
        this.scale = scale;
    }

    /**
     * Stores the step's keys and values, then attends from each of its rows to its sequence's positions up to its own.
     *
     * @param queries {@code [rows x heads * headSize]}
     * @param keys {@code [rows x kvHeads * headSize]}
     * @param values {@code [rows x kvHeads * headSize]}
     * @param output {@code [rows x heads * headSize]}
     */
    public void apply(
            StepBatch batch,
            KvCache cache,
            int layer,
            RowTiles queries,
            RowTiles keys,
            RowTiles values,
            RowTiles output) {
        allocate(batch, cache, layer);
        compute.workers().run(keys.tiles(), tile -> store(batch, cache, layer, keys, values, tile));
        compute.workers()
                .run(
                        batch.rows() * kvHeads,
                        i -> attend(batch, cache, layer, queries, output, i / kvHeads, i % kvHeads));
    }

    /** On one thread, because rows of one block may be stored by several. */
    private static void allocate(StepBatch batch, KvCache cache, int layer) {
        for (int row = 0; row < batch.rows(); row++) {
            cache.allocate(layer, batch.blockTables()[row][batch.positions()[row] / BLOCK_TOKENS]);
        }
    }

    private void store(StepBatch batch, KvCache cache, int layer, RowTiles keys, RowTiles values, int tile) {
        int end = Math.min(batch.rows(), (tile + 1) * RowTiles.LANES);
        for (int row = tile * RowTiles.LANES; row < end; row++) {
            int position = batch.positions()[row];
            float[] block = cache.block(layer, batch.blockTables()[row][position / BLOCK_TOKENS]);
            int slot = position % BLOCK_TOKENS;
            for (int head = 0; head < kvHeads; head++) {
                int source = keys.index(row, head * headSize);
                int key = cache.keysOffset(head) + slot;
                int value = cache.valuesOffset(head) + slot * headSize;
                for (int d = 0; d < headSize; d++) {
                    block[key + d * BLOCK_TOKENS] = keys.data()[source + d * RowTiles.LANES];
                    block[value + d] = values.data()[source + d * RowTiles.LANES];
                }
            }
        }
    }

    private void attend(
            StepBatch batch, KvCache cache, int layer, RowTiles queries, RowTiles output, int row, int kvHead) {
        int group = heads / kvHeads;
        int positions = batch.positions()[row] + 1;
        int blocks = (positions + BLOCK_TOKENS - 1) / BLOCK_TOKENS;
        int stride = blocks * BLOCK_TOKENS;
        int[] table = batch.blockTables()[row];
        Scratch buffers = scratch.get().fit(group * headSize, group * stride);
        int feature = kvHead * group * headSize;
        queries.readRow(row, feature, group * headSize, buffers.queries, 0);
        for (int b = 0; b < blocks; b++) {
            compute.kernels()
                    .scores(
                            buffers.queries,
                            0,
                            group,
                            headSize,
                            scale,
                            cache.block(layer, table[b]),
                            cache.keysOffset(kvHead),
                            buffers.scores,
                            b * BLOCK_TOKENS,
                            stride);
        }
        for (int h = 0; h < group; h++) {
            compute.kernels().softmax(buffers.scores, h * stride, positions);
        }
        Arrays.fill(buffers.output, 0, group * headSize, 0f);
        for (int b = 0; b < blocks; b++) {
            compute.kernels()
                    .weightedSum(
                            buffers.scores,
                            b * BLOCK_TOKENS,
                            stride,
                            group,
                            Math.min(BLOCK_TOKENS, positions - b * BLOCK_TOKENS),
                            cache.block(layer, table[b]),
                            cache.valuesOffset(kvHead),
                            headSize,
                            buffers.output);
        }
        output.writeRow(row, feature, group * headSize, buffers.output, 0);
    }

    /** Buffers of one thread. */
    private static final class Scratch {
        private float[] queries = new float[0];
        private float[] output = new float[0];
        private float[] scores = new float[0];

        Scratch fit(int features, int positions) {
            if (queries.length < features) {
                queries = new float[features];
                output = new float[features];
            }
            if (scores.length < positions) {
                scores = new float[Math.max(positions, 2 * scores.length)];
            }
            return this;
        }
    }
}
