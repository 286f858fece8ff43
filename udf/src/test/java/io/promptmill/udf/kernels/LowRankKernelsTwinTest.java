package io.promptmill.udf.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kernels of low-rank additions: vector against scalar twin, row against tile, to the bit; and double precision. */
class LowRankKernelsTwinTest {
    private static final int LANES = 16;

    private final LowRankKernels scalar = new ScalarLowRankKernels();
    private final LowRankKernels vector = new VectorLowRankKernels();
    private final Random random = new Random(7);

    @ParameterizedTest
    @CsvSource({"1,1", "2,3", "3,4", "4,7", "16,64", "5,101", "8,256", "15,130", "16,3"})
    void reducingARowIsReducingItsTile(int ranks, int inputs) {
        float[] input = randomFloats(5 + inputs * LANES);
        short[] halves = randomHalves(3 + inputs * 16);
        float[] down = floats(halves);
        float[] before = randomFloats(2 + 16 * LANES);
        float[] tile = before.clone();
        float[] twin = before.clone();
        scalar.reduceTile(input, 5, inputs, down, 3, ranks, twin, 2);
        vector.reduceTile(input, 5, inputs, down, 3, ranks, tile, 2);
        assertArrayEquals(twin, tile);
        for (int lane = 0; lane < LANES; lane++) {
            float[][] rows = new float[4][1 + 16];
            for (int j = 0; j < ranks; j++) {
                for (float[] row : rows) {
                    row[1 + j] = before[2 + j * LANES + lane];
                }
            }
            scalar.reduceRow(input, 5 + lane, inputs, down, 3, rows[0], 1);
            vector.reduceRow(input, 5 + lane, inputs, down, 3, rows[1], 1);
            scalar.reduceRow(input, 5 + lane, inputs, halves, 3, rows[2], 1);
            vector.reduceRow(input, 5 + lane, inputs, halves, 3, rows[3], 1);
            for (float[] row : rows) {
                assertArrayEquals(rows[0], row);
            }
            for (int j = 0; j < ranks; j++) {
                assertEquals(tile[2 + j * LANES + lane], rows[0][1 + j]);
                double exact = before[2 + j * LANES + lane];
                for (int k = 0; k < inputs; k++) {
                    exact += input[5 + lane + k * LANES] * (double) down[3 + k * 16 + j];
                }
                assertEquals(exact, rows[0][1 + j], 1e-4);
            }
        }
        assertArrayEquals(
                Arrays.copyOfRange(before, 2 + ranks * LANES, before.length),
                Arrays.copyOfRange(tile, 2 + ranks * LANES, tile.length));
    }

    @ParameterizedTest
    @CsvSource({"1,1", "2,64", "4,63", "16,64", "17,9", "33,64", "64,40"})
    void expandingARowIsExpandingItsTile(int rank, int outputs) {
        int stride = 64;
        float[] reduced = randomFloats(4 + rank * LANES);
        short[] halves = randomHalves(6 + rank * stride);
        float[] up = floats(halves);
        float[] before = randomFloats(2 + outputs * LANES);
        float[] output = before.clone();
        float[] twin = before.clone();
        scalar.expandTile(reduced, 4, rank, up, 6, stride, outputs, twin, 2);
        vector.expandTile(reduced, 4, rank, up, 6, stride, outputs, output, 2);
        assertArrayEquals(twin, output);
        for (int lane = 0; lane < LANES; lane++) {
            float[] row = new float[rank];
            for (int j = 0; j < rank; j++) {
                row[j] = reduced[4 + j * LANES + lane];
            }
            float[][] results = new float[4][outputs];
            scalar.expandRow(row, rank, up, 6, stride, outputs, results[0]);
            vector.expandRow(row, rank, up, 6, stride, outputs, results[1]);
            scalar.expandRow(row, rank, halves, 6, stride, outputs, results[2]);
            vector.expandRow(row, rank, halves, 6, stride, outputs, results[3]);
            for (float[] result : results) {
                assertArrayEquals(results[0], result);
            }
            for (int i = 0; i < outputs; i++) {
                int at = 2 + i * LANES + lane;
                assertEquals(before[at] + results[0][i], output[at]);
                double exact = 0;
                for (int j = 0; j < rank; j++) {
                    exact += row[j] * (double) up[6 + j * stride + i];
                }
                assertEquals(exact, results[0][i], 1e-4);
            }
        }
    }

    /** Zeros of both signs and numbers below the normal range among them. */
    private short[] randomHalves(int count) {
        short[] halves = new short[count];
        for (int i = 0; i < count; i++) {
            halves[i] = switch (random.nextInt(16)) {
                case 0 -> 0;
                case 1 -> (short) 0x8000;
                case 2 -> (short) random.nextInt(1 << 10);
                default -> HalfFloats.toHalf((float) random.nextGaussian());
            };
        }
        return halves;
    }

    private static float[] floats(short[] halves) {
        float[] values = new float[halves.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = HalfFloats.fromHalf(halves[i]);
        }
        return values;
    }

    @ParameterizedTest
    @CsvSource({"1,1", "3,16", "16,67", "33,64"})
    void wholeNumbersAreTheirFloats(int rank, int count) {
        byte[] numbers = new byte[2 + Math.max(rank * 70, count * 16)];
        random.nextBytes(numbers);
        float[] floats = new float[numbers.length];
        float[] twin = new float[numbers.length];
        scalar.widen(numbers, 2, twin, numbers.length - 2);
        vector.widen(numbers, 2, floats, numbers.length - 2);
        assertArrayEquals(twin, floats);
        assertEquals(numbers[2], floats[0]);
        float[] input = randomFloats(3 + count * LANES);
        float[] reduced = randomFloats(rank);
        for (LowRankKernels kernels : new LowRankKernels[] {scalar, vector}) {
            float[] sums = new float[17];
            float[] expected = new float[17];
            kernels.reduceRow(input, 3, count, numbers, 2, sums, 1);
            scalar.reduceRow(input, 3, count, twin, 0, expected, 1);
            assertArrayEquals(expected, sums);
            float[] results = new float[count];
            float[] expectedResults = new float[count];
            kernels.expandRow(reduced, rank, numbers, 2, 67, count, results);
            scalar.expandRow(reduced, rank, twin, 0, 67, count, expectedResults);
            assertArrayEquals(expectedResults, results);
        }
    }

    private float[] randomFloats(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
