package io.promptmill.udf.layers;

import static io.promptmill.udf.layers.KvCache.BLOCK_TOKENS;

import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.RunningSoftmax;
import io.promptmill.udf.tensor.RowTiles;
import java.util.Arrays;

/**
 * Causal scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762) with grouped queries (Ainslie et al. 2023,
 * arXiv:2305.13245) over the paged KV cache, in blocks (Dao et al. 2022, arXiv:2205.14135): the rows of a span of the
 * batch and the query heads of a group share each load of their keys and values, and scores are kept for
 * {@link #WINDOW} keys at a time, however long the context.
 *
 * <p>Windows of keys begin at multiples of their length from position 0, whatever the chunks that the prompt was
 * computed in and whatever rows share a load, so a row's sums have one order.
 */
public final class Attention {
    /** Keys that are scored, weighted and summed before the next ones: a head's keys and values stay in cache. */
    private static final int WINDOW = 128;

    private static final int WINDOW_BLOCKS = WINDOW / BLOCK_TOKENS;

    private final Compute compute;
    private final int group;
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
        this.group = heads / kvHeads;
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
        // On one thread, because rows of one block may be stored by several.
        for (int span = 0; span < batch.spans(); span++) {
            cache.allocate(layer, batch.block(batch.spanStart(span)));
        }
        Kernels kernels = compute.kernels();
        compute.workers().run(keys.tiles(), tile -> cache.store(kernels, layer, batch, keys, values, tile));
        int slices = batch.spans() * kvHeads;
        // The last rows of a prompt have the most keys: they begin, and short slices even out the end.
        compute.workers().run(slices, i -> {
            int slice = slices - 1 - i;
            attend(batch, cache, layer, queries, output, slice / kvHeads, slice % kvHeads);
        });
    }

    private void attend(
            StepBatch batch, KvCache cache, int layer, RowTiles queries, RowTiles output, int span, int kvHead) {
        int row = batch.spanStart(span);
        int rows = batch.spanStart(span + 1) - row;
        int features = group * headSize;
        int blocks = batch.positions()[row] / BLOCK_TOKENS + 1;
        Scratch buffers = scratch.get().fit(rows * group, headSize);
        queries.readRows(row, rows, kvHead * features, features, buffers.queries);
        for (int first = 0; first < blocks; first += WINDOW_BLOCKS) {
            int end = Math.min(blocks, first + WINDOW_BLOCKS);
            score(batch, cache, layer, row, rows, kvHead, first, end, buffers);
            weigh(batch, row, rows, first, end == blocks, buffers);
            sum(batch, cache, layer, row, rows, kvHead, first, end, buffers);
        }
        buffers.divideBySums(rows * group, headSize);
        output.writeRows(row, rows, kvHead * features, features, buffers.output);
    }

    private void score(
            StepBatch batch,
            KvCache cache,
            int layer,
            int row,
            int rows,
            int kvHead,
            int first,
            int end,
            Scratch buffers) {
        int[] table = batch.blockTables()[row];
        KvView view = buffers.view;
        for (int b = first; b < end; b++) {
            cache.readKeys(compute.kernels(), layer, table[b], kvHead, view);
            compute.kernels()
                    .scores(
                            buffers.queries,
                            rows * group,
                            headSize,
                            scale,
                            view.data,
                            view.offset,
                            buffers.scores,
                            (b - first) * BLOCK_TOKENS,
                            WINDOW);
        }
    }

    /** Scores to weights; in the last window every row has a key more than the one before. */
    private void weigh(StepBatch batch, int row, int rows, int first, boolean last, Scratch buffers) {
        Kernels kernels = compute.kernels();
        if (last) {
            for (int r = 0; r < rows; r++) {
                int keys = batch.positions()[row + r] + 1 - first * BLOCK_TOKENS;
                kernels.softmaxBlock(
                        buffers.softmax, r * group, group, buffers.scores, r * group * WINDOW, WINDOW, keys);
            }
        } else {
            kernels.softmaxBlock(buffers.softmax, 0, rows * group, buffers.scores, 0, WINDOW, WINDOW);
        }
        if (first > 0) {
            buffers.rescale(rows * group, headSize);
        }
    }

    private void sum(
            StepBatch batch,
            KvCache cache,
            int layer,
            int row,
            int rows,
            int kvHead,
            int first,
            int end,
            Scratch buffers) {
        int[] table = batch.blockTables()[row];
        int own = batch.positions()[row] / BLOCK_TOKENS;
        for (int b = first; b < end; b++) {
            cache.readValues(compute.kernels(), layer, table[b], kvHead, buffers.view);
            int window = (b - first) * BLOCK_TOKENS;
            if (b < own) {
                sum(buffers, window, 0, rows * group, BLOCK_TOKENS);
            } else {
                for (int r = 0; r < rows; r++) {
                    sum(buffers, window, r * group, group, batch.slot(row + r) + 1);
                }
            }
        }
    }

    private void sum(Scratch buffers, int window, int query, int queries, int positions) {
        compute.kernels()
                .weightedSum(
                        buffers.scores,
                        query * WINDOW + window,
                        WINDOW,
                        queries,
                        positions,
                        buffers.view.data,
                        buffers.view.offset,
                        headSize,
                        buffers.output,
                        query * headSize);
    }

    /** Buffers of one thread. */
    private static final class Scratch {
        private final RunningSoftmax softmax = new RunningSoftmax();
        private final KvView view = new KvView();
        /** {@code [rows * group x headSize]}. */
        private float[] queries = new float[0];
        /** {@code [rows * group x headSize]}. */
        private float[] output = new float[0];
        /** {@code [rows * group x WINDOW]}. */
        private float[] scores = new float[0];

        Scratch fit(int count, int headSize) {
            if (queries.length < count * headSize) {
                queries = new float[count * headSize];
                output = new float[count * headSize];
                scores = new float[count * WINDOW];
            }
            softmax.reset(count);
            Arrays.fill(output, 0, count * headSize, 0f);
            return this;
        }

        /** After the first window: what was summed before refers to an older largest score. */
        void rescale(int count, int headSize) {
            for (int query = 0; query < count; query++) {
                float factor = softmax.factor(query);
                if (factor != 1f) {
                    multiply(query, headSize, factor);
                }
            }
        }

        void divideBySums(int count, int headSize) {
            for (int query = 0; query < count; query++) {
                multiply(query, headSize, 1f / softmax.sum(query));
            }
        }

        private void multiply(int query, int headSize, float factor) {
            for (int i = query * headSize; i < (query + 1) * headSize; i++) {
                output[i] *= factor;
            }
        }
    }
}
