package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.tensor.RowTiles;

/**
 * Causal scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762) with grouped queries (Ainslie et al. 2023,
 * arXiv:2305.13245) over the paged KV cache, in windows of keys with a running softmax (Dao et al. 2022,
 * arXiv:2205.14135): the memory of a thread does not grow with the context, and rows of a prompt share each load of
 * keys and values.
 *
 * <p>Windows begin at multiples of their length from position 0, whatever the chunks that the prompt was computed in and
 * whatever rows share a load, so a row's sums have one order.
 */
public final class Attention {
    /** Rows that are worth a tile of sixteen lanes: below, one after the other is faster. */
    private static final int MINIMUM_TILE_ROWS = 6;

    /** With fewer spans a thread, the key-value heads of a row are cut into slices too. */
    private static final int SPANS_PER_THREAD = 4;

    private final Compute compute;
    private final AttentionShape shape;
    private final ThreadLocal<RowAttention> rowAttention;
    private final ThreadLocal<TileAttention> tileAttention;

    public Attention(Compute compute, AttentionShape shape) {
        this.compute = compute;
        this.shape = shape;
        rowAttention = ThreadLocal.withInitial(() -> new RowAttention(compute.kernels(), shape));
        tileAttention = ThreadLocal.withInitial(() -> new TileAttention(compute.kernels(), shape));
    }

    /**
     * Stores the step's keys and values, then attends from each of its rows to its sequence's positions up to its own.
     *
     * @param queries {@code [rows x heads * headSize]}
     * @param keys {@code [rows x kvHeads * headSize]}
     * @param values {@code [rows x kvHeads * valueSize]}
     * @param output {@code [rows x heads * valueSize]}
     */
    public void apply(
            StepBatch batch,
            KvCache cache,
            int layer,
            AttentionSpan span,
            RowTiles queries,
            RowTiles keys,
            RowTiles values,
            RowTiles output) {
        // On one thread, because rows of one block may be stored by several.
        for (int row = 0; row < batch.rows(); row++) {
            cache.allocate(layer, batch.block(row));
        }
        Kernels kernels = compute.kernels();
        compute.workers().run(keys.tiles(), tile -> cache.store(kernels, layer, batch, keys, values, tile));
        AttentionShape.Step step = new AttentionShape.Step(batch, cache, layer, span, queries, output);
        int slices = batch.spans() * shape.kvHeads();
        // The last rows of a prompt have the most keys: they begin, and short slices even out the end.
        compute.workers().run(slices, i -> {
            int slice = slices - 1 - i;
            attend(step, slice / shape.kvHeads(), slice % shape.kvHeads());
        });
    }

    private void attend(AttentionShape.Step step, int span, int kvHead) {
        int from = step.batch().spanStart(span);
        int to = step.batch().spanStart(span + 1);
        if (to - from >= MINIMUM_TILE_ROWS) {
            if (!tileAttention.get().attend(step, from, to - from, kvHead)) {
                attendByRow(step, from, to, kvHead, kvHead + 1);
            }
        } else if (step.batch().spans() < SPANS_PER_THREAD * compute.workers().threads()) {
            attendByRow(step, from, to, kvHead, kvHead + 1);
        } else if (kvHead == 0) {
            attendByRow(step, from, to, 0, shape.kvHeads());
        }
    }

    private void attendByRow(AttentionShape.Step step, int from, int to, int fromKvHead, int toKvHead) {
        RowAttention rows = rowAttention.get();
        for (int row = from; row < to; row++) {
            rows.attend(step, row, fromKvHead, toKvHead);
        }
    }
}
