package io.promptmill.udf.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernels of attention: vector against scalar twin, to the bit, and both against double precision. */
class AttentionKernelsTwinTest {
    private final AttentionKernels scalar = new ScalarAttentionKernels();
    private final AttentionKernels vector = new VectorAttentionKernels();
    private final Kernels scalarKernels = new ScalarKernels();
    private final Kernels vectorKernels = new VectorKernels();
    private final Random random = new Random(11);

    @ParameterizedTest
    @CsvSource({"1,1", "3,16", "5,64", "8,80", "12,37", "31,128"})
    void scoresAgree(int queries, int headSize) {
        float[] query = randomFloats(queries * headSize);
        float[] keys = randomFloats(3 + headSize * 16);
        int stride = 19;
        float[] expected = new float[5 + queries * stride];
        float[] actual = expected.clone();
        scalar.scores(query, queries, headSize, 0.3f, keys, 3, expected, 5, stride);
        vector.scores(query, queries, headSize, 0.3f, keys, 3, actual, 5, stride);
        assertArrayEquals(expected, actual);
        for (int q = 0; q < queries; q++) {
            for (int j = 0; j < 16; j++) {
                double exact = 0;
                for (int d = 0; d < headSize; d++) {
                    exact += 0.3f * (double) query[q * headSize + d] * keys[3 + d * 16 + j];
                }
                assertEquals(exact, actual[5 + q * stride + j], 1e-4);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 17, 33, 128, 200})
    void softmaxInBlocksIsTheSoftmaxOfAll(int count) {
        int queries = 3;
        int stride = 208;
        float[] expected = new float[3 * queries * stride];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = (float) random.nextGaussian() * 30;
        }
        float[] scores = expected.clone();
        float[] actual = expected.clone();
        RunningSoftmax twin = new RunningSoftmax();
        RunningSoftmax running = new RunningSoftmax();
        twin.reset(queries + 1);
        running.reset(queries + 1);
        double[] rescaled = new double[queries];
        for (int block = 0; block < 3; block++) {
            int offset = block * queries * stride;
            scalar.softmaxBlock(twin, 1, queries, expected, offset, stride, count);
            vector.softmaxBlock(running, 1, queries, actual, offset, stride, count);
            for (int q = 0; q < queries; q++) {
                for (int i = 0; i < count; i++) {
                    assertEquals(expected[offset + q * stride + i], actual[offset + q * stride + i]);
                }
                assertEquals(twin.factor(1 + q), running.factor(1 + q));
                assertEquals(twin.sum(1 + q), running.sum(1 + q));
                rescaled[q] = rescaled[q] * running.factor(1 + q) + actual[offset + q * stride];
            }
        }
        for (int q = 0; q < queries; q++) {
            double maximum = running.maxima[1 + q];
            double sum = 0;
            double firsts = 0;
            for (int block = 0; block < 3; block++) {
                int start = (block * queries + q) * stride;
                firsts += Math.exp(scores[start] - maximum);
                for (int i = 0; i < count; i++) {
                    sum += Math.exp(scores[start + i] - maximum);
                }
            }
            assertEquals(1, running.sum(1 + q) / sum, 1e-5);
            assertEquals(firsts, rescaled[q], 1e-5 * firsts + 1e-30);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16, 21, 1003})
    void softmaxOfOneBlockSumsToOne(int count) {
        float[] expected = randomFloats(3 + count + 16);
        float[] actual = expected.clone();
        float first = expected[3];
        scalar.softmax(expected, 3, count);
        vector.softmax(actual, 3, count);
        double sum = 0;
        for (int i = 3; i < 3 + count; i++) {
            assertEquals(expected[i], actual[i]);
            sum += actual[i];
        }
        assertEquals(1, sum, 1e-5);
        if (count == 1) {
            assertEquals(1f, actual[3], "of " + first);
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void aScoreThatIsNoNumberSpoilsItsQueryAlone(float damage) {
        for (AttentionKernels kernels : new AttentionKernels[] {scalar, vector}) {
            float[] scores = randomFloats(64);
            scores[35] = damage;
            RunningSoftmax running = new RunningSoftmax();
            running.reset(2);
            kernels.softmaxBlock(running, 0, 2, scores, 0, 32, 20);
            assertTrue(Float.isFinite(running.sum(0)));
            assertTrue(Float.isNaN(running.sum(1)));
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "3,16,16", "2,64,16", "5,80,3", "8,37,7", "4,128,16", "7,200,1"})
    void weightedSumsAgree(int queries, int headSize, int count) {
        int stride = 21;
        float[] weights = randomFloats(2 + queries * stride);
        float[] values = randomFloats(3 + headSize * 16);
        float[] before = randomFloats(4 + queries * headSize);
        float[] expected = before.clone();
        float[] actual = before.clone();
        scalar.weightedSum(weights, 2, stride, queries, count, values, 3, headSize, expected, 4);
        vector.weightedSum(weights, 2, stride, queries, count, values, 3, headSize, actual, 4);
        assertArrayEquals(expected, actual);
        for (int q = 0; q < queries; q++) {
            for (int d = 0; d < headSize; d++) {
                double exact = before[4 + q * headSize + d];
                for (int j = 0; j < count; j++) {
                    exact += (double) weights[2 + q * stride + j] * values[3 + j * headSize + d];
                }
                assertEquals(exact, actual[4 + q * headSize + d], 1e-4);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "2,16", "3,37", "4,64", "5,80"})
    void tilesScoreAsRowsDo(int heads, int headSize) {
        float[] queries = randomFloats(2 + heads * headSize * 16);
        float[] keys = randomFloats(3 + headSize * 16);
        int stride = 16 * 16 + 7;
        float[] expected = new float[5 + heads * stride];
        float[] actual = expected.clone();
        scalar.tileScores(queries, 2, heads, headSize, 0.3f, keys, 3, expected, 5, stride);
        vector.tileScores(queries, 2, heads, headSize, 0.3f, keys, 3, actual, 5, stride);
        assertArrayEquals(expected, actual);
        float[] row = new float[heads * headSize];
        float[] scores = new float[heads * 16];
        for (int r = 0; r < 16; r++) {
            for (int i = 0; i < row.length; i++) {
                row[i] = queries[2 + i * 16 + r];
            }
            vector.scores(row, heads, headSize, 0.3f, keys, 3, scores, 0, 16);
            for (int i = 0; i < scores.length; i++) {
                assertEquals(scores[i], actual[5 + i / 16 * stride + i % 16 * 16 + r]);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 17, 33, 128})
    void tilesWeighAsRowsDo(int keys) {
        int heads = 3;
        int stride = 128 * 16;
        RunningSoftmax twin = new RunningSoftmax();
        RunningSoftmax running = new RunningSoftmax();
        RunningSoftmax byRow = new RunningSoftmax();
        twin.reset(heads * 16);
        running.reset(heads * 16);
        byRow.reset(heads * 16);
        float[] row = new float[128];
        for (int block = 0; block < 2; block++) {
            int[] counts = new int[16];
            for (int r = 0; r < 16; r++) {
                counts[r] = Math.max(1 - block, keys - 15 + r);
            }
            float[] expected = randomFloats(heads * stride);
            expected[5] = block == 1 ? Float.NaN : expected[5];
            float[] scores = expected.clone();
            float[] actual = expected.clone();
            scalar.tileSoftmaxBlock(twin, heads, expected, stride, keys, counts);
            vector.tileSoftmaxBlock(running, heads, actual, stride, keys, counts);
            for (int h = 0; h < heads; h++) {
                for (int r = 0; r < 16; r++) {
                    int query = h * 16 + r;
                    for (int j = 0; j < counts[r]; j++) {
                        row[j] = scores[h * stride + j * 16 + r];
                    }
                    vector.softmaxBlock(byRow, query, 1, row, 0, 0, counts[r]);
                    for (int j = 0; j < keys; j++) {
                        float weight = j < counts[r] ? row[j] : Float.isNaN(byRow.sum(query)) ? Float.NaN : 0f;
                        assertEquals(weight, actual[h * stride + j * 16 + r]);
                        if (j < counts[r] || !Float.isNaN(weight)) {
                            assertEquals(weight, expected[h * stride + j * 16 + r]);
                        }
                    }
                    assertEquals(byRow.factor(query), running.factor(query));
                    assertEquals(byRow.factor(query), twin.factor(query));
                    assertEquals(byRow.sum(query), running.sum(query));
                    assertEquals(byRow.sum(query), twin.sum(query));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "2,16,16", "3,37,33", "4,64,128", "5,80,7"})
    void tilesSumAsRowsDo(int heads, int headSize, int keys) {
        int stride = 128 * 16;
        float[] weights = randomFloats(heads * stride);
        float[] values = randomFloats(keys * headSize);
        float[] before = randomFloats(heads * headSize * 16);
        float[] expected = before.clone();
        float[] actual = before.clone();
        scalar.tileWeightedSum(weights, stride, heads, keys, values, headSize, expected);
        vector.tileWeightedSum(weights, stride, heads, keys, values, headSize, actual);
        assertArrayEquals(expected, actual);
        float[] rowWeights = new float[heads * 128];
        float[] sums = new float[heads * headSize];
        for (int r = 0; r < 16; r++) {
            for (int i = 0; i < rowWeights.length; i++) {
                rowWeights[i] = weights[i * 16 + r];
            }
            for (int i = 0; i < sums.length; i++) {
                sums[i] = before[i * 16 + r];
            }
            vector.weightedSum(rowWeights, 0, 128, heads, keys, values, 0, headSize, sums, 0);
            for (int i = 0; i < sums.length; i++) {
                assertEquals(sums[i], actual[i * 16 + r]);
            }
        }
    }

    @Test
    void scalingATileLeavesNoNegativeZero() {
        float[] source = randomFloats(3 + 5 * 16);
        source[20] = -0f;
        float[] factors = randomFloats(2 + 16);
        float[] expected = new float[7 + 5 * 16];
        float[] actual = expected.clone();
        scalar.scaleTile(source, 3, 5, factors, 2, expected, 7);
        vector.scaleTile(source, 3, 5, factors, 2, actual, 7);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(Float.floatToIntBits(expected[i]), Float.floatToIntBits(actual[i]));
        }
        assertEquals(0, Float.floatToIntBits(actual[7 + 17]));
        assertEquals(source[3 + 18] * factors[2 + 2], actual[7 + 18]);
    }

    @Test
    void everyHalfIsDecodedAndEncodedAlike() {
        int count = 1 << 16;
        short[] halves = new short[count + 3];
        for (int i = 0; i < halves.length; i++) {
            halves[i] = (short) i;
        }
        float[] expected = new float[count + 5];
        float[] actual = new float[count + 5];
        scalarKernels.fromHalves(halves, 1, expected, 3, count + 1);
        vectorKernels.fromHalves(halves, 1, actual, 3, count + 1);
        short[] again = new short[count + 5];
        vectorKernels.toHalves(actual, 3, again, 2, count + 1);
        for (int i = 0; i < count + 1; i++) {
            float value = actual[3 + i];
            assertEquals(Float.floatToIntBits(expected[3 + i]), Float.floatToIntBits(value), "half " + (i + 1));
            boolean finite = (halves[i + 1] & 0x7C00) != 0x7C00;
            assertEquals(finite, !Float.isNaN(value));
            if (finite) {
                assertEquals(HalfFloats.fromHalf(halves[i + 1]), value);
                assertEquals(halves[i + 1], again[2 + i]);
            }
        }
    }

    @Test
    void floatsBecomeTheNearestHalf() {
        int count = 100_003;
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextGaussian() * Math.pow(2, random.nextInt(46) - 28));
        }
        short[] expected = new short[count];
        short[] actual = new short[count];
        scalarKernels.toHalves(values, 0, expected, 0, count);
        vectorKernels.toHalves(values, 0, actual, 0, count);
        assertArrayEquals(expected, actual);
        for (int i = 0; i < count; i++) {
            int bits = actual[i] & 0x7FFF;
            double value = Math.min(65504, Math.abs((double) values[i]));
            double error = Math.abs(HalfFloats.fromHalf(bits) - value);
            assertTrue(bits == 0 || error <= Math.abs(HalfFloats.fromHalf(bits - 1) - value), "below " + value);
            assertTrue(bits == 0x7BFF || error <= Math.abs(HalfFloats.fromHalf(bits + 1) - value), "above " + value);
            assertEquals(values[i] < 0, actual[i] < 0);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "65504, 7BFF",
        "65519.996, 7BFF",
        "65520, 7BFF",
        "-3e38, FBFF",
        "Infinity, 7E00",
        "NaN, 7E00",
        "1.00048828125, 3C00", // Halfway between two halves: to the even one.
        "1.00146484375, 3C02",
        "2.9802322E-8, 0",
        "2.9802326E-8, 1",
        "6.1020013E-5, 400", // Rounds up from below the normal range.
        "-0.0, 8000"
    })
    void edgesOfHalves(float value, String half) {
        float[] values = new float[16];
        Arrays.fill(values, value);
        for (Kernels kernels : new Kernels[] {scalarKernels, vectorKernels}) {
            short[] halves = new short[16];
            kernels.toHalves(values, 0, halves, 0, 16);
            assertEquals(half, Integer.toHexString(halves[3] & 0xFFFF).toUpperCase(Locale.ROOT));
        }
    }

    private float[] randomFloats(int count) {
        float[] result = new float[count];
        for (int i = 0; i < count; i++) {
            result[i] = (float) random.nextGaussian() * 3;
        }
        return result;
    }
}
