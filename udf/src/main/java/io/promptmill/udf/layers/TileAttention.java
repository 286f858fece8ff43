package io.promptmill.udf.layers;

import static io.promptmill.udf.layers.AttentionShape.WINDOW;
import static io.promptmill.udf.layers.AttentionShape.WINDOW_BLOCKS;
import static io.promptmill.udf.layers.KvCache.BLOCK_TOKENS;
import static io.promptmill.udf.tensor.RowTiles.LANES;

import io.promptmill.udf.kernels.AttentionKernels;
import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.RunningSoftmax;
import io.promptmill.udf.tensor.RowTiles;
import java.util.Arrays;

/**
 * Attention of rows of one sequence that lie in one tile, with the bits of {@link RowAttention}: each load of keys and
 * values serves all of them. Lanes of other rows are computed along and dropped. Of one thread.
 */
final class TileAttention {
    private final Kernels kernels;
    private final AttentionKernels attention;
    private final AttentionShape shape;
    private final RunningSoftmax softmax = new RunningSoftmax();
    private final KvView view = new KvView();
    /** {@code [group x WINDOW x 16]}. */
    private final float[] scores;
    /** A window's values, {@code [WINDOW x headSize]}. */
    private final float[] values;
    /** {@code [group x headSize x 16]}. */
    private final float[] sums;
    /** Keys of the window that each lane has. */
    private final int[] counts = new int[LANES];

    private final float[] inverse = new float[LANES];

    TileAttention(Kernels kernels, AttentionShape shape) {
        this.kernels = kernels;
        this.attention = kernels.attention();
        this.shape = shape;
        scores = new float[shape.group() * WINDOW * LANES];
        values = new float[WINDOW * shape.headSize()];
        sums = new float[shape.groupFeatures() * LANES];
    }

    /**
     * Attends from {@code rows} rows that follow one another.
     *
     * @return false where that cannot be done in one, because a value that only some of the rows see is not a number:
     *     multiplied with a weight of zero, it would reach the others
     */
    boolean attend(AttentionShape.Step step, int row, int rows, int kvHead) {
        int position = step.batch().positions()[row];
        int lastPosition = position + rows - 1;
        int blocks = AttentionShape.blocksTo(lastPosition);
        softmax.reset(shape.group() * LANES);
        Arrays.fill(sums, 0f);
        for (int first = 0; first < blocks; first += WINDOW_BLOCKS) {
            int firstKey = first * BLOCK_TOKENS;
            int keys = Math.min(WINDOW, lastPosition + 1 - firstKey);
            readValues(step, row, kvHead, first, keys);
            int shared = Math.max(0, position + 1 - firstKey);
            if (shared < keys && !isFinite(shared, keys)) {
                return false;
            }
            score(step, row, kvHead, first, keys);
            for (int lane = 0; lane < LANES; lane++) {
                int own = position + Math.min(Math.max(0, lane - row % LANES), rows - 1);
                counts[lane] = Math.max(0, Math.min(keys, own + 1 - firstKey));
            }
            attention.tileSoftmaxBlock(softmax, shape.group(), scores, WINDOW * LANES, keys, counts);
            if (first > 0) {
                rescale();
            }
            attention.tileWeightedSum(scores, WINDOW * LANES, shape.group(), keys, values, shape.headSize(), sums);
        }
        write(step.output(), row, rows, kvHead);
        return true;
    }

    private void score(AttentionShape.Step step, int row, int kvHead, int first, int keys) {
        int[] table = step.batch().blockTables()[row];
        RowTiles queries = step.queries();
        int query = queries.index(row / LANES * LANES, kvHead * shape.groupFeatures());
        for (int key = 0; key < keys; key += BLOCK_TOKENS) {
            step.cache().readKeys(kernels, step.layer(), table[first + key / BLOCK_TOKENS], kvHead, view);
            attention.tileScores(
                    queries.data(),
                    query,
                    shape.group(),
                    shape.headSize(),
                    shape.scale(),
                    view.data,
                    view.offset,
                    scores,
                    key * LANES,
                    WINDOW * LANES);
        }
    }

    private void readValues(AttentionShape.Step step, int row, int kvHead, int first, int keys) {
        int[] table = step.batch().blockTables()[row];
        int length = BLOCK_TOKENS * shape.headSize();
        for (int key = 0; key < keys; key += BLOCK_TOKENS) {
            step.cache().readValues(kernels, step.layer(), table[first + key / BLOCK_TOKENS], kvHead, view);
            System.arraycopy(view.data, view.offset, values, key * shape.headSize(), length);
        }
    }

    /** Zero times a number is zero, and times anything else is not: four sums, which run side by side. */
    private boolean isFinite(int from, int to) {
        float sum0 = 0f;
        float sum1 = 0f;
        float sum2 = 0f;
        float sum3 = 0f;
        int i = from * shape.headSize();
        int end = to * shape.headSize();
        for (; i + 4 <= end; i += 4) {
            sum0 += values[i] * 0f;
            sum1 += values[i + 1] * 0f;
            sum2 += values[i + 2] * 0f;
            sum3 += values[i + 3] * 0f;
        }
        for (; i < end; i++) {
            sum0 += values[i] * 0f;
        }
        return sum0 + sum1 + (sum2 + sum3) == 0f;
    }

    /** After the first window: what was summed before refers to older largest scores. */
    private void rescale() {
        int length = shape.headSize() * LANES;
        for (int h = 0; h < shape.group(); h++) {
            attention.scaleTile(sums, h * length, shape.headSize(), softmax.factors(), h * LANES, sums, h * length);
        }
    }

    private void write(RowTiles output, int row, int rows, int kvHead) {
        int length = shape.headSize() * LANES;
        int target = output.index(row, kvHead * shape.groupFeatures());
        for (int h = 0; h < shape.group(); h++) {
            for (int lane = 0; lane < LANES; lane++) {
                inverse[lane] = 1f / softmax.sum(h * LANES + lane);
            }
            if (rows == LANES) {
                attention.scaleTile(sums, h * length, shape.headSize(), inverse, 0, output.data(), target + h * length);
            } else {
                attention.scaleTile(sums, h * length, shape.headSize(), inverse, 0, sums, h * length);
                copyLanes(h * length, row % LANES, rows, output.data(), target + h * length);
            }
        }
    }

    private void copyLanes(int source, int lane, int rows, float[] target, int to) {
        for (int i = 0; i < shape.headSize() * LANES; i += LANES) {
            for (int r = 0; r < rows; r++) {
                target[to + i + r] = sums[source + i + lane + r];
            }
        }
    }
}
