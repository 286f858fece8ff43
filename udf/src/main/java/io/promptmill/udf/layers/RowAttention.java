package io.promptmill.udf.layers;

import static io.promptmill.udf.layers.AttentionShape.WINDOW;
import static io.promptmill.udf.layers.AttentionShape.WINDOW_BLOCKS;
import static io.promptmill.udf.layers.KvCache.BLOCK_TOKENS;

import io.promptmill.udf.kernels.AttentionKernels;
import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.RunningSoftmax;
import java.util.Arrays;

/**
 * Attention of one row at a time. The query heads of a group share each load of keys and values, and the key-value heads
 * are taken together, block by block, because they lie side by side in memory. Of one thread.
 */
final class RowAttention {
    private final Kernels kernels;
    private final AttentionKernels attention;
    private final AttentionShape shape;
    private final RunningSoftmax softmax = new RunningSoftmax();
    private final KvView view = new KvView();
    /** Of a key-value head, {@code [group x headSize]}. */
    private final float[][] queries;
    /** Of a key-value head, {@code [group x headSize]}. */
    private final float[][] sums;
    /** {@code [heads x WINDOW]}. */
    private final float[] scores;

    RowAttention(Kernels kernels, AttentionShape shape) {
        this.kernels = kernels;
        this.attention = kernels.attention();
        this.shape = shape;
        queries = new float[shape.kvHeads()][shape.groupFeatures()];
        sums = new float[shape.kvHeads()][shape.groupFeatures()];
        scores = new float[shape.kvHeads() * shape.group() * WINDOW];
    }

    /** Attends with the heads of the key-value heads {@code [from, to)}. */
    void attend(AttentionShape.Step step, int row, int from, int to) {
        int features = shape.groupFeatures();
        int position = step.batch().positions()[row];
        int blocks = AttentionShape.blocksTo(position);
        softmax.reset(shape.kvHeads() * shape.group());
        for (int kvHead = from; kvHead < to; kvHead++) {
            step.queries().readRow(row, kvHead * features, features, queries[kvHead], 0);
            Arrays.fill(sums[kvHead], 0f);
        }
        for (int first = 0; first < blocks; first += WINDOW_BLOCKS) {
            int end = Math.min(blocks, first + WINDOW_BLOCKS);
            int keys = Math.min(WINDOW, position + 1 - first * BLOCK_TOKENS);
            int query = from * shape.group();
            int count = (to - from) * shape.group();
            score(step, row, from, to, first, end);
            attention.softmaxBlock(softmax, query, count, scores, query * WINDOW, WINDOW, keys);
            for (int kvHead = from; first > 0 && kvHead < to; kvHead++) {
                rescale(kvHead);
            }
            sum(step, row, from, to, first, keys);
        }
        for (int kvHead = from; kvHead < to; kvHead++) {
            divide(kvHead);
            step.output().writeRow(row, kvHead * features, features, sums[kvHead], 0);
        }
    }

    private void score(AttentionShape.Step step, int row, int from, int to, int first, int end) {
        int[] table = step.batch().blockTables()[row];
        for (int b = first; b < end; b++) {
            for (int kvHead = from; kvHead < to; kvHead++) {
                step.cache().readKeys(kernels, step.layer(), table[b], kvHead, view);
                attention.scores(
                        queries[kvHead],
                        shape.group(),
                        shape.headSize(),
                        shape.scale(),
                        view.data,
                        view.offset,
                        scores,
                        kvHead * shape.group() * WINDOW + (b - first) * BLOCK_TOKENS,
                        WINDOW);
            }
        }
    }

    private void sum(AttentionShape.Step step, int row, int from, int to, int first, int keys) {
        int[] table = step.batch().blockTables()[row];
        for (int key = 0; key < keys; key += BLOCK_TOKENS) {
            int block = table[first + key / BLOCK_TOKENS];
            for (int kvHead = from; kvHead < to; kvHead++) {
                step.cache().readValues(kernels, step.layer(), block, kvHead, view);
                attention.weightedSum(
                        scores,
                        kvHead * shape.group() * WINDOW + key,
                        WINDOW,
                        shape.group(),
                        Math.min(BLOCK_TOKENS, keys - key),
                        view.data,
                        view.offset,
                        shape.headSize(),
                        sums[kvHead],
                        0);
            }
        }
    }

    /** After the first window: what was summed before refers to an older largest score. */
    private void rescale(int kvHead) {
        for (int h = 0; h < shape.group(); h++) {
            float factor = softmax.factor(kvHead * shape.group() + h);
            if (factor != 1f) {
                multiply(sums[kvHead], h, factor);
            }
        }
    }

    private void divide(int kvHead) {
        for (int h = 0; h < shape.group(); h++) {
            multiply(sums[kvHead], h, 1f / softmax.sum(kvHead * shape.group() + h));
        }
    }

    /** As {@link AttentionKernels#scaleTile} does it. */
    private void multiply(float[] sum, int head, float factor) {
        for (int i = head * shape.headSize(); i < (head + 1) * shape.headSize(); i++) {
            sum[i] = sum[i] * factor + 0f;
        }
    }
}
