package io.promptmill.udf.layers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.kernels.KernelProvider;
import io.promptmill.udf.kernels.WorkerPool;
import io.promptmill.udf.tensor.RowTiles;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Attention over the paged cache, against double precision and against itself with other chunks and neighbours. */
class AttentionTest {
    private static final int POSITIONS = 301;

    private final WorkerPool workers = new WorkerPool(2, "attention-test");
    private final Random random = new Random(3);
    private int heads = 4;
    private int kvHeads = 2;
    private int headSize = 16;
    private int valueSize = 16;
    private AttentionShape shape;
    private AttentionSpan span = AttentionSpan.ALL;
    private float[][] queries;
    private float[][] keys;
    private float[][] values;

    @AfterEach
    void close() {
        workers.close();
    }

    @ParameterizedTest
    @CsvSource({"F32,4,2,16", "F16,4,2,16", "F32,3,1,20", "F16,2,2,37", "F32,8,1,64", "F16,8,1,64"})
    void agreesWithDoublePrecision(KvPrecision precision, int theHeads, int theKvHeads, int theHeadSize) {
        fill(theHeads, theKvHeads, theHeadSize);
        float[][] actual = inChunks(precision, POSITIONS, 0);
        assertExact(actual, precision == KvPrecision.F32 ? 1e-5 : 4e-3);
    }

    private void assertExact(float[][] actual, double tolerance) {
        for (int row = 0; row < POSITIONS; row++) {
            for (int head = 0; head < heads; head++) {
                double[] exact = exact(row, head);
                for (int d = 0; d < valueSize; d++) {
                    assertEquals(exact[d], actual[row][head * valueSize + d], tolerance, "row " + row);
                }
            }
        }
    }

    /** Windows of keys that end, begin and lie within the kernels' own windows; bounds, slopes, sinks, other values. */
    @ParameterizedTest
    @CsvSource({
        "0,0,false,false,24", "1,0,false,false,16", "8,0,false,false,16", "100,0,false,true,7", "128,3,false,false,16",
        "129,0,true,false,16", "250,0,false,false,16", "0,2,false,false,16", "0,0,true,false,16", "0,0,false,true,16"
    })
    void variantsAreExactAndDoNotDependOnChunks(
            int window, float softCap, boolean slopes, boolean sinks, int theValueSize) {
        for (KvPrecision precision : KvPrecision.values()) {
            fill(4, 2, 16);
            valueSize = theValueSize;
            values = random(kvHeads * valueSize);
            shape = new AttentionShape(
                    heads, kvHeads, headSize, valueSize, 0.3f, softCap, slopes ? AttentionSlopes.of(heads, 8f) : null);
            span = new AttentionSpan(window, sinks ? new float[] {1, -2, 5, 0.5f} : null);
            float[][] alone = inChunks(precision, 1, 0);
            assertExact(alone, precision == KvPrecision.F32 ? 1e-5 : 4e-3);
            for (int chunk : new int[] {6, 16, 33, 130, POSITIONS}) {
                assertSame(alone, inChunks(precision, chunk, chunk % 5), chunk + " rows");
            }
        }
    }

    @Test
    void slopesAreThoseOfThePaper() {
        assertArrayEquals(
                new float[] {0.5f, 0.25f, 0.125f, 0.0625f, 1 / 32f, 1 / 64f, 1 / 128f, 1 / 256f},
                AttentionSlopes.of(8, 8f));
        float[] twelve = AttentionSlopes.of(12, 8f);
        assertEquals(0.5f, twelve[0]);
        assertEquals((float) Math.pow(2, -0.5), twelve[8]);
        assertEquals((float) Math.pow(2, -3.5), twelve[11]);
    }

    @ParameterizedTest
    @EnumSource(KvPrecision.class)
    void aRowDoesNotDependOnItsChunkOrItsNeighbours(KvPrecision precision) {
        fill(4, 2, 16);
        float[][] alone = inChunks(precision, 1, 0);
        for (int chunk : new int[] {2, 5, 7, 16, 33, 130, POSITIONS}) {
            for (int neighbours : new int[] {0, 3, 9}) {
                assertSame(alone, inChunks(precision, chunk, neighbours), chunk + " rows after " + neighbours);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(KvPrecision.class)
    void aNumberThatIsNoneReachesLaterRowsOnly(KvPrecision precision) {
        fill(4, 2, 16);
        float[][] sound = inChunks(precision, POSITIONS, 0);
        keys[136][3] = Float.NaN;
        values[136][17] = Float.POSITIVE_INFINITY;
        float[][] alone = inChunks(precision, 1, 0);
        float[][] together = inChunks(precision, 32, 5);
        assertSame(alone, together, "damaged");
        for (int row = 0; row < POSITIONS; row++) {
            assertEquals(row >= 136, Float.isNaN(together[row][0]), "row " + row);
        }
        assertSame(Arrays.copyOf(sound, 136), Arrays.copyOf(together, 136), "rows before the damage");
    }

    @Test
    void halvesTakeHalfTheMemoryAndDoNotOverflow() {
        assertEquals(
                KvCache.bytesPerBlock(KvPrecision.F32, 22, 4, 64, 64),
                2 * KvCache.bytesPerBlock(KvPrecision.F16, 22, 4, 64, 64));
        assertEquals(2L * 22 * 4 * 64 * 16 * 2, KvCache.bytesPerBlock(KvPrecision.F16, 22, 4, 64, 64));
        fill(2, 1, 16);
        values[2][5] = 1e6f;
        float[][] rows = inChunks(KvPrecision.F16, 20, 0);
        assertTrue(rows[2][5] > 10 && rows[2][5] <= 65504, "a number beyond the range counts as the largest");
        assertFalse(Float.isNaN(rows[POSITIONS - 1][5]));
    }

    private void fill(int theHeads, int theKvHeads, int theHeadSize) {
        heads = theHeads;
        kvHeads = theKvHeads;
        headSize = theHeadSize;
        valueSize = theHeadSize;
        shape = AttentionShape.of(heads, kvHeads, headSize);
        queries = random(heads * headSize);
        keys = random(kvHeads * headSize);
        values = random(kvHeads * headSize);
    }

    private float[][] random(int width) {
        float[][] rows = new float[POSITIONS][width];
        for (float[] row : rows) {
            for (int i = 0; i < width; i++) {
                row[i] = (float) random.nextGaussian();
            }
        }
        return rows;
    }

    /** All rows of the sequence, in steps of {@code chunk} rows behind single rows of as many other sequences. */
    private float[][] inChunks(KvPrecision precision, int chunk, int neighbours) {
        Attention attention = new Attention(new Compute(KernelProvider.get(), workers), shape);
        int blocks = POSITIONS / KvCache.BLOCK_TOKENS + 1;
        KvCache cache = KvCache.of(precision, 1, kvHeads, headSize, valueSize, blocks + neighbours);
        int[] table = IntStream.range(0, blocks).map(i -> blocks - 1 - i).toArray();
        float[][] result = new float[POSITIONS][];
        for (int from = 0; from < POSITIONS; from += chunk) {
            int count = Math.min(chunk, POSITIONS - from);
            StepBatch batch = new StepBatch(neighbours + count);
            for (int i = 0; i < neighbours; i++) {
                batch.add(0, 0, new int[] {blocks + i}, false);
            }
            for (int i = 0; i < count; i++) {
                batch.add(0, from + i, table, false);
            }
            RowTiles output = new RowTiles(batch.rows(), heads * valueSize);
            attention.apply(
                    batch,
                    cache,
                    0,
                    span,
                    tiles(queries, neighbours, from, count),
                    tiles(keys, neighbours, from, count),
                    tiles(values, neighbours, from, count),
                    output);
            for (int i = 0; i < count; i++) {
                result[from + i] = new float[heads * valueSize];
                output.readRow(neighbours + i, 0, heads * valueSize, result[from + i], 0);
            }
        }
        return result;
    }

    private static RowTiles tiles(float[][] rows, int neighbours, int from, int count) {
        RowTiles tiles = new RowTiles(neighbours + count, rows[0].length);
        for (int i = 0; i < neighbours; i++) {
            tiles.writeRow(i, 0, rows[0].length, rows[i], 0);
        }
        for (int i = 0; i < count; i++) {
            tiles.writeRow(neighbours + i, 0, rows[0].length, rows[from + i], 0);
        }
        return tiles;
    }

    private double[] exact(int row, int head) {
        int offset = head / (heads / kvHeads) * headSize;
        double[] result = new double[valueSize];
        double total = span.sinks() == null ? 0 : Math.exp(span.sinks()[head]);
        int start = span.window() == 0 ? 0 : Math.max(0, row - span.window() + 1);
        for (int j = start; j <= row; j++) {
            double score = 0;
            for (int d = 0; d < headSize; d++) {
                score += (double) queries[row][head * headSize + d] * keys[j][offset + d];
            }
            score *= shape.scale();
            if (shape.softCap() > 0) {
                score = shape.softCap() * Math.tanh(score / shape.softCap());
            }
            if (shape.slopes() != null) {
                score -= shape.slopes()[head] * (row - j);
            }
            double weight = Math.exp(score);
            total += weight;
            for (int d = 0; d < valueSize; d++) {
                result[d] += weight * values[j][head / (heads / kvHeads) * valueSize + d];
            }
        }
        for (int d = 0; d < valueSize; d++) {
            result[d] /= total;
        }
        return result;
    }

    private static void assertSame(float[][] expected, float[][] actual, String what) {
        for (int row = 0; row < expected.length; row++) {
            assertArrayEquals(expected[row], actual[row], what + ", row " + row);
        }
    }
}
