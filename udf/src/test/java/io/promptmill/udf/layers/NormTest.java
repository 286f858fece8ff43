package io.promptmill.udf.layers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.promptmill.udf.kernels.KernelProvider;
import io.promptmill.udf.kernels.WorkerPool;
import io.promptmill.udf.tensor.RowTiles;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Norms over rows, heads and parts of rows, against double precision. */
class NormTest {
    private static final int ROWS = 19;

    private final WorkerPool workers = new WorkerPool(2, "norm-test");
    private final Compute compute = new Compute(KernelProvider.get(), workers);
    private final Random random = new Random(8);

    @AfterEach
    void close() {
        workers.close();
    }

    @ParameterizedTest
    @CsvSource({"24,1,1", "8,3,1", "8,3,3", "7,2,2"})
    void groupsAreNormedByThemselves(int features, int groups, int weightGroups) {
        float[] weight = randomFloats(features * weightGroups);
        float[] bias = randomFloats(features * weightGroups);
        RowTiles input = randomTiles(features * groups);
        RowTiles rms = new RowTiles(ROWS, features * groups);
        RowTiles layer = new RowTiles(ROWS, features * groups);
        new RmsNorm(compute, features, weight, 1e-5f).apply(input, rms);
        new LayerNorm(compute, features, weight, bias, 1e-5f).apply(input, layer);
        for (int row = 0; row < ROWS; row++) {
            for (int f = 0; f < features * groups; f++) {
                int first = f / features * features;
                int w = f % weight.length;
                assertEquals(
                        exact(input, row, first, features, f, false) * weight[w],
                        rms.data()[rms.index(row, f)],
                        1e-5,
                        "rms, feature " + f);
                assertEquals(
                        exact(input, row, first, features, f, true) * weight[w] + bias[w],
                        layer.data()[layer.index(row, f)],
                        1e-5,
                        "layer, feature " + f);
            }
        }
    }

    @Test
    void theNormOfASumIsThatOfTheSum() {
        Norm norm = new LayerNorm(compute, 24, randomFloats(24), null, 1e-5f);
        RowTiles stream = randomTiles(24);
        RowTiles addend = randomTiles(24);
        RowTiles sum = new RowTiles(ROWS, 24);
        for (int i = 0; i < sum.data().length; i++) {
            sum.data()[i] = stream.data()[i] + addend.data()[i];
        }
        RowTiles expected = new RowTiles(ROWS, 24);
        norm.apply(sum, expected);
        norm.applyToSum(stream, addend, addend);
        assertArrayEquals(sum.data(), stream.data());
        assertArrayEquals(expected.data(), addend.data());
    }

    @Test
    void theFirstFeaturesAreNormedAndTheOthersStay() {
        RowTiles values = randomTiles(20);
        RowTiles before = new RowTiles(ROWS, 20);
        System.arraycopy(values.data(), 0, before.data(), 0, before.data().length);
        float[] weight = randomFloats(12);
        new RmsNorm(compute, 12, weight, 1e-5f).applyToFirst(values);
        for (int f = 0; f < 20; f++) {
            double expected =
                    f < 12 ? exact(before, 18, 0, 12, f, false) * weight[f] : before.data()[before.index(18, f)];
            assertEquals(expected, values.data()[values.index(18, f)], 1e-5);
        }
    }

    private static double exact(RowTiles values, int row, int first, int count, int feature, boolean centred) {
        double mean = 0;
        for (int f = first; centred && f < first + count; f++) {
            mean += values.data()[values.index(row, f)] / (double) count;
        }
        double squares = 0;
        for (int f = first; f < first + count; f++) {
            squares += Math.pow(values.data()[values.index(row, f)] - mean, 2);
        }
        return (values.data()[values.index(row, feature)] - mean) / Math.sqrt(squares / count + 1e-5);
    }

    private RowTiles randomTiles(int features) {
        RowTiles tiles = new RowTiles(ROWS, features);
        System.arraycopy(randomFloats(tiles.data().length), 0, tiles.data(), 0, tiles.data().length);
        return tiles;
    }

    private float[] randomFloats(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
