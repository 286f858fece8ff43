package io.promptmill.udf.layers;

import static io.promptmill.udf.layers.AttentionShape.WINDOW;
import static io.promptmill.udf.layers.AttentionShape.WINDOW_BLOCKS;
import static io.promptmill.udf.layers.KvCache.BLOCK_TOKENS;

import io.promptmill.udf.kernels.AttentionKernels;
import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.RunningSoftmax;
import java.util.Arrays;

/** Attention of one row at a time; the query heads of a group share each load of keys and values. Of one thread. */
final class RowAttention {
    private final Kernels kernels;
    private final AttentionKernels attention;
    private final AttentionShape shape;
    private final RunningSoftmax softmax = new RunningSoftmax();
    private final KvView view = new KvView();
    /** {@code [group x headSize]}. */
    private final float[] queries;
    /** {@code [group x headSize]}. */
    private final float[] sums;
    /** {@code [group x WINDOW]}. */
    private final float[] scores;

    RowAttention(Kernels kernels, AttentionShape shape) {
        this.kernels = kernels;
        this.attention = kernels.attention();
        this.shape = shape;
        queries = new float[shape.groupFeatures()];
        sums = new float[shape.groupFeatures()];
        scores = new float[shape.group() * WINDOW];
    }

    void attend(AttentionShape.Step step, int row, int kvHead) {
        int features = shape.groupFeatures();
        int position = step.batch().positions()[row];
        int blocks = AttentionShape.blocksTo(position);
        step.queries().readRow(row, kvHead * features, features, queries, 0);
        softmax.reset(shape.group());
        Arrays.fill(sums, 0f);
        for (int first = 0; first < blocks; first += WINDOW_BLOCKS) {
            int end = Math.min(blocks, first + WINDOW_BLOCKS);
            int keys = Math.min(WINDOW, position + 1 - first * BLOCK_TOKENS);
            score(step, row, kvHead, first, end);
            attention.softmaxBlock(softmax, 0, shape.group(), scores, 0, WINDOW, keys);
            if (first > 0) {
                rescale();
            }
            sum(step, row, kvHead, first, keys);
        }
        divide();
        step.output().writeRow(row, kvHead * features, features, sums, 0);
    }

    private void score(AttentionShape.Step step, int row, int kvHead, int first, int end) {
        int[] table = step.batch().blockTables()[row];
        for (int b = first; b < end; b++) {
            step.cache().readKeys(kernels, step.layer(), table[b], kvHead, view);
            attention.scores(
                    queries,
                    shape.group(),
                    shape.headSize(),
                    shape.scale(),
                    view.data,
                    view.offset,
                    scores,
                    (b - first) * BLOCK_TOKENS,
                    WINDOW);
        }
    }

    private void sum(AttentionShape.Step step, int row, int kvHead, int first, int keys) {
        int[] table = step.batch().blockTables()[row];
        for (int key = 0; key < keys; key += BLOCK_TOKENS) {
            step.cache().readValues(kernels, step.layer(), table[first + key / BLOCK_TOKENS], kvHead, view);
            attention.weightedSum(
                    scores,
                    key,
                    WINDOW,
                    shape.group(),
                    Math.min(BLOCK_TOKENS, keys - key),
                    view.data,
                    view.offset,
                    shape.headSize(),
                    sums,
                    0);
        }
    }

    /** After the first window: what was summed before refers to an older largest score. */
    private void rescale() {
        for (int h = 0; h < shape.group(); h++) {
            if (softmax.factor(h) != 1f) {
                multiply(h, softmax.factor(h));
            }
        }
    }

    private void divide() {
        for (int h = 0; h < shape.group(); h++) {
            multiply(h, 1f / softmax.sum(h));
        }
    }

    /** As {@link AttentionKernels#scaleTile} does it. */
    private void multiply(int head, float factor) {
        for (int i = head * shape.headSize(); i < (head + 1) * shape.headSize(); i++) {
            sums[i] = sums[i] * factor + 0f;
        }
    }
}
