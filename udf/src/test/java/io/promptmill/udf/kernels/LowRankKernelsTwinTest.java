package io.promptmill.udf.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

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
        float[] down = randomFloats(3 + inputs * 16);
        float[] tile = randomFloats(2 + LowRankKernels.TILE_SUMS);
        float[] twin = tile.clone();
        float[] before = tile.clone();
        scalar.reduceTile(input, 5, inputs, down, 3, ranks, twin, 2);
        vector.reduceTile(input, 5, inputs, down, 3, ranks, tile, 2);
        assertArrayEquals(twin, tile);
        for (int lane = 0; lane < LANES; lane++) {
            float[] row = new float[1 + 64];
            for (int j = 0; j < ranks; j++) {
                for (int s = 0; s < 4; s++) {
                    row[1 + s * 16 + j] = before[2 + (j * 4 + s) * LANES + lane];
                }
            }
            float[] rowTwin = row.clone();
            scalar.reduceRow(input, 5 + lane, inputs, down, 3, rowTwin, 1);
            vector.reduceRow(input, 5 + lane, inputs, down, 3, row, 1);
            assertArrayEquals(rowTwin, row);
            for (int j = 0; j < ranks; j++) {
                double exact = 0;
                for (int s = 0; s < 4; s++) {
                    assertEquals(tile[2 + (j * 4 + s) * LANES + lane], row[1 + s * 16 + j]);
                    exact += before[2 + (j * 4 + s) * LANES + lane] - (double) row[1 + s * 16 + j];
                }
                for (int k = 0; k < inputs; k++) {
                    exact += input[5 + lane + k * LANES] * (double) down[3 + k * 16 + j];
                }
                assertEquals(0, exact, 1e-4);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "2,64", "4,63", "16,64", "17,9", "33,64", "64,40"})
    void expandingARowIsExpandingItsTile(int rank, int outputs) {
        int stride = 64;
        float[] reduced = randomFloats(4 + rank * LANES);
        float[] up = randomFloats(6 + rank * stride);
        boolean[] lanes = new boolean[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            lanes[lane] = random.nextInt(3) > 0;
        }
        float[] output = randomFloats(2 + outputs * LANES);
        output[2 + 1] = -0f;
        float[] before = output.clone();
        float[] twin = output.clone();
        scalar.expandTile(reduced, 4, rank, up, 6, stride, outputs, lanes, twin, 2);
        vector.expandTile(reduced, 4, rank, up, 6, stride, outputs, lanes, output, 2);
        assertArrayEquals(twin, output);
        for (int lane = 0; lane < LANES; lane++) {
            float[] row = new float[rank];
            for (int j = 0; j < rank; j++) {
                row[j] = reduced[4 + j * LANES + lane];
            }
            float[] results = new float[outputs];
            float[] resultsTwin = new float[outputs];
            scalar.expandRow(row, rank, up, 6, stride, outputs, resultsTwin);
            vector.expandRow(row, rank, up, 6, stride, outputs, results);
            assertArrayEquals(resultsTwin, results);
            for (int i = 0; i < outputs; i++) {
                int at = 2 + i * LANES + lane;
                assertEquals(lanes[lane] ? before[at] + results[i] : before[at], output[at]);
                double exact = 0;
                for (int j = 0; j < rank; j++) {
                    exact += row[j] * (double) up[6 + j * stride + i];
                }
                assertEquals(exact, results[i], 1e-4);
            }
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
