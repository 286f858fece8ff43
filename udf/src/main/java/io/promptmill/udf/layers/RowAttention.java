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
    /** Of a key-value head, {@code [group x valueSize]}. */
    private final float[][] sums;
    /** {@code [heads x WINDOW]}. */
    private final float[] scores;

    RowAttention(Kernels kernels, AttentionShape shape) {
        this.kernels = kernels;
        this.attention = kernels.attention();
        this.shape = shape;
        queries = new float[shape.kvHeads()][shape.groupFeatures()];
        sums = new float[shape.kvHeads()][shape.groupValues()];
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
        int begin = step.firstBlock(position);
        for (int first = begin; first < blocks; first += WINDOW_BLOCKS) {
            int end = Math.min(blocks, first + WINDOW_BLOCKS);
            int keys = Math.min(WINDOW, position + 1 - first * BLOCK_TOKENS);
            int query = from * shape.group();
            int count = (to - from) * shape.group();
            score(step, row, from, to, first, end);
            adjust(step, position, query, query + count, first * BLOCK_TOKENS, keys);
            attention.softmaxBlock(softmax, query, count, scores, query * WINDOW, WINDOW, keys);
            for (int kvHead = from; first > begin && kvHead < to; kvHead++) {
                rescale(kvHead);
            }
            sum(step, row, from, to, first, keys);
        }
        for (int kvHead = from; kvHead < to; kvHead++) {
            divide(kvHead, step.span().sinks());
            step.output().writeRow(row, kvHead * shape.groupValues(), shape.groupValues(), sums[kvHead], 0);
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
                        shape.valueSize(),
                        sums[kvHead],
                        0);
            }
        }
    }

    /** Turns dot products into scores: a bound, a slope, and what the row does not see. */
    private void adjust(AttentionShape.Step step, int position, int from, int to, int firstKey, int keys) {
        int unseen = Math.min(keys, step.start(position) - firstKey);
        for (int head = from; head < to; head++) {
            int start = head * WINDOW;
            if (shape.softCap() > 0) {
                kernels.elements().softCap(scores, shape.softCap(), start, start + keys);
            }
            if (shape.slopes() != null) {
                float slope = shape.slopes()[head];
                for (int key = 0; key < keys; key++) {
                    scores[start + key] += slope * (firstKey + key - position);
                }
            }
            for (int key = 0; key < unseen; key++) {
                scores[start + key] = AttentionShape.UNSEEN;
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

    private void divide(int kvHead, float[] sinks) {
        for (int h = 0; h < shape.group(); h++) {
            int head = kvHead * shape.group() + h;
            multiply(sums[kvHead], h, sinks == null ? softmax.inverse(head) : softmax.inverse(head, sinks[head]));
        }
    }

    /** As {@link AttentionKernels#scaleTile} does it. */
    private void multiply(float[] sum, int head, float factor) {
        for (int i = head * shape.valueSize(); i < (head + 1) * shape.valueSize(); i++) {
            sum[i] = sum[i] * factor + 0f;
        }
    }
}
