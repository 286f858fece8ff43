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
    /** A window's values, {@code [WINDOW x valueSize]}. */
    private final float[] values;
    /** {@code [group x valueSize x 16]}. */
    private final float[] sums;
    /** Keys of the window that each lane has. */
    private final int[] counts = new int[LANES];

    private final float[] inverse = new float[LANES];

    TileAttention(Kernels kernels, AttentionShape shape) {
        this.kernels = kernels;
        this.attention = kernels.attention();
        this.shape = shape;
        scores = new float[shape.group() * WINDOW * LANES];
        values = new float[WINDOW * shape.valueSize()];
        sums = new float[shape.groupValues() * LANES];
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
        int begin = step.firstBlock(position);
        for (int first = begin; first < blocks; first += WINDOW_BLOCKS) {
            int firstKey = first * BLOCK_TOKENS;
            int keys = Math.min(WINDOW, lastPosition + 1 - firstKey);
            readValues(step, row, kvHead, first, keys);
            int shared = Math.max(0, position + 1 - firstKey);
            int unseen = Math.min(keys, step.start(lastPosition) - firstKey);
            if (shared < keys && !isFinite(shared, keys) || unseen > 0 && !isFinite(0, unseen)) {
                return false;
            }
            score(step, row, kvHead, first, keys);
            adjust(step, row, rows, kvHead * shape.group(), firstKey, keys);
            for (int lane = 0; lane < LANES; lane++) {
                int own = position + Math.min(Math.max(0, lane - row % LANES), rows - 1);
                counts[lane] = Math.max(0, Math.min(keys, own + 1 - firstKey));
            }
            attention.tileSoftmaxBlock(softmax, shape.group(), scores, WINDOW * LANES, keys, counts);
            if (first > begin) {
                rescale();
            }
            attention.tileWeightedSum(scores, WINDOW * LANES, shape.group(), keys, values, shape.valueSize(), sums);
        }
        write(step, row, rows, kvHead);
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

    /** As {@link RowAttention} turns dot products into scores. */
    private void adjust(AttentionShape.Step step, int row, int rows, int firstHead, int firstKey, int keys) {
        int position = step.batch().positions()[row] - row % LANES;
        int lastUnseen = Math.min(keys, step.start(position + row % LANES + rows - 1) - firstKey);
        for (int h = 0; h < shape.group(); h++) {
            int start = h * WINDOW * LANES;
            if (shape.softCap() > 0) {
                kernels.elements().softCap(scores, shape.softCap(), start, start + keys * LANES);
            }
            if (shape.slopes() != null) {
                addSlope(shape.slopes()[firstHead + h], start, firstKey - position, keys);
            }
            for (int key = 0; key < lastUnseen; key++) {
                for (int lane = row % LANES; lane < row % LANES + rows; lane++) {
                    if (firstKey + key < step.start(position + lane)) {
                        scores[start + key * LANES + lane] = AttentionShape.UNSEEN;
                    }
                }
            }
        }
    }

    /** @param distance from the row of lane 0 to the first key */
    private void addSlope(float slope, int start, int distance, int keys) {
        for (int key = 0; key < keys; key++) {
            for (int lane = 0; lane < LANES; lane++) {
                scores[start + key * LANES + lane] += slope * (distance + key - lane);
            }
        }
    }

    private void readValues(AttentionShape.Step step, int row, int kvHead, int first, int keys) {
        int[] table = step.batch().blockTables()[row];
        int length = BLOCK_TOKENS * shape.valueSize();
        for (int key = 0; key < keys; key += BLOCK_TOKENS) {
            step.cache().readValues(kernels, step.layer(), table[first + key / BLOCK_TOKENS], kvHead, view);
            System.arraycopy(view.data, view.offset, values, key * shape.valueSize(), length);
        }
    }

    /**
     * Whether all values are numbers, and so small that a window's sum of them is one. Zero times a number is zero, and times
     * anything else is not: four sums, which run side by side.
     */
    private boolean isFinite(int from, int to) {
        float sum0 = 0f;
        float sum1 = 0f;
        float sum2 = 0f;
        float sum3 = 0f;
        int i = from * shape.valueSize();
        int end = to * shape.valueSize();
        for (; i + 4 <= end; i += 4) {
            sum0 += values[i] * WINDOW * 0f;
            sum1 += values[i + 1] * WINDOW * 0f;
            sum2 += values[i + 2] * WINDOW * 0f;
            sum3 += values[i + 3] * WINDOW * 0f;
        }
        for (; i < end; i++) {
            sum0 += values[i] * WINDOW * 0f;
        }
        return sum0 + sum1 + (sum2 + sum3) == 0f;
    }

    /** After the first window: what was summed before refers to older largest scores. */
    private void rescale() {
        int length = shape.valueSize() * LANES;
        for (int h = 0; h < shape.group(); h++) {
            attention.scaleTile(sums, h * length, shape.valueSize(), softmax.factors(), h * LANES, sums, h * length);
        }
    }

    private void write(AttentionShape.Step step, int row, int rows, int kvHead) {
        RowTiles output = step.output();
        float[] sinks = step.span().sinks();
        int length = shape.valueSize() * LANES;
        int target = output.index(row, kvHead * shape.groupValues());
        for (int h = 0; h < shape.group(); h++) {
            for (int lane = 0; lane < LANES; lane++) {
                int query = h * LANES + lane;
                inverse[lane] = sinks == null
                        ? softmax.inverse(query)
                        : softmax.inverse(query, sinks[kvHead * shape.group() + h]);
            }
            if (rows == LANES) {
                attention.scaleTile(
                        sums, h * length, shape.valueSize(), inverse, 0, output.data(), target + h * length);
            } else {
                attention.scaleTile(sums, h * length, shape.valueSize(), inverse, 0, sums, h * length);
                copyLanes(h * length, row % LANES, rows, output.data(), target + h * length);
            }
        }
    }

    private void copyLanes(int source, int lane, int rows, float[] target, int to) {
        for (int i = 0; i < shape.valueSize() * LANES; i += LANES) {
            for (int r = 0; r < rows; r++) {
                target[to + i + r] = sums[source + i + lane + r];
            }
        }
    }
}
