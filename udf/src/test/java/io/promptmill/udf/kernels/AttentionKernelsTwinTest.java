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
    private final Kernels scalar = new ScalarKernels();
    private final Kernels vector = new VectorKernels();
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
        for (Kernels kernels : new Kernels[] {scalar, vector}) {
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

    @Test
    void everyHalfIsDecodedAndEncodedAlike() {
        int count = 1 << 16;
        short[] halves = new short[count + 3];
        for (int i = 0; i < halves.length; i++) {
            halves[i] = (short) i;
        }
        float[] expected = new float[count + 5];
        float[] actual = new float[count + 5];
        scalar.fromHalves(halves, 1, expected, 3, count + 1);
        vector.fromHalves(halves, 1, actual, 3, count + 1);
        short[] again = new short[count + 5];
        vector.toHalves(actual, 3, again, 2, count + 1);
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
        scalar.toHalves(values, 0, expected, 0, count);
        vector.toHalves(values, 0, actual, 0, count);
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
        for (Kernels kernels : new Kernels[] {scalar, vector}) {
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
