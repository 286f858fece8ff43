package io.promptmill.udf.kernels;

import static io.promptmill.udf.tensor.RowTiles.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loops of attention for tiles of rows. A lane is a row, as in {@link VectorProduct}, and what a row is
 * multiplied with is broadcast, so no sum crosses lanes and rows with more or fewer keys share every load. Eight keys or
 * features by two heads are 16 accumulators, by one head they are 8 and stay in the registers of AVX2.
 */
final class VectorTileAttention {
    private static final VectorSpecies<Float> SPECIES = VectorKernels.SPECIES;
    private static final int WIDTH = VectorKernels.WIDTH;

    private VectorTileAttention() {}

    /** Scores of a vector of rows of two heads with the eight keys from k. */
    static void eightScoresOfTwo(
            float[] queries,
            int q0,
            int q1,
            int headSize,
            float scale,
            float[] keys,
            int k,
            float[] scores,
            int s0,
            int s1) {
        FloatVector c00 = FloatVector.zero(SPECIES);
        FloatVector c01 = c00;
        FloatVector c10 = c00;
        FloatVector c11 = c00;
        FloatVector c20 = c00;
        FloatVector c21 = c00;
        FloatVector c30 = c00;
        FloatVector c31 = c00;
        FloatVector c40 = c00;
        FloatVector c41 = c00;
        FloatVector c50 = c00;
        FloatVector c51 = c00;
        FloatVector c60 = c00;
        FloatVector c61 = c00;
        FloatVector c70 = c00;
        FloatVector c71 = c00;
        for (int d = 0; d < headSize; d++) {
            FloatVector x0 = FloatVector.fromArray(SPECIES, queries, q0 + d * LANES);
            FloatVector x1 = FloatVector.fromArray(SPECIES, queries, q1 + d * LANES);
            int key = k + d * LANES;
            FloatVector b = FloatVector.broadcast(SPECIES, keys[key]);
            c00 = x0.fma(b, c00);
            c01 = x1.fma(b, c01);
            b = FloatVector.broadcast(SPECIES, keys[key + 1]);
            c10 = x0.fma(b, c10);
            c11 = x1.fma(b, c11);
            b = FloatVector.broadcast(SPECIES, keys[key + 2]);
            c20 = x0.fma(b, c20);
            c21 = x1.fma(b, c21);
            b = FloatVector.broadcast(SPECIES, keys[key + 3]);
            c30 = x0.fma(b, c30);
            c31 = x1.fma(b, c31);
            b = FloatVector.broadcast(SPECIES, keys[key + 4]);
            c40 = x0.fma(b, c40);
            c41 = x1.fma(b, c41);
            b = FloatVector.broadcast(SPECIES, keys[key + 5]);
            c50 = x0.fma(b, c50);
            c51 = x1.fma(b, c51);
            b = FloatVector.broadcast(SPECIES, keys[key + 6]);
            c60 = x0.fma(b, c60);
            c61 = x1.fma(b, c61);
            b = FloatVector.broadcast(SPECIES, keys[key + 7]);
            c70 = x0.fma(b, c70);
            c71 = x1.fma(b, c71);
        }
        c00.mul(scale).intoArray(scores, s0);
        c01.mul(scale).intoArray(scores, s1);
        c10.mul(scale).intoArray(scores, s0 + LANES);
        c11.mul(scale).intoArray(scores, s1 + LANES);
        c20.mul(scale).intoArray(scores, s0 + 2 * LANES);
        c21.mul(scale).intoArray(scores, s1 + 2 * LANES);
        c30.mul(scale).intoArray(scores, s0 + 3 * LANES);
        c31.mul(scale).intoArray(scores, s1 + 3 * LANES);
        c40.mul(scale).intoArray(scores, s0 + 4 * LANES);
        c41.mul(scale).intoArray(scores, s1 + 4 * LANES);
        c50.mul(scale).intoArray(scores, s0 + 5 * LANES);
        c51.mul(scale).intoArray(scores, s1 + 5 * LANES);
        c60.mul(scale).intoArray(scores, s0 + 6 * LANES);
        c61.mul(scale).intoArray(scores, s1 + 6 * LANES);
        c70.mul(scale).intoArray(scores, s0 + 7 * LANES);
        c71.mul(scale).intoArray(scores, s1 + 7 * LANES);
    }

    /** The same for one head. */
    static void eightScores(
            float[] queries, int q, int headSize, float scale, float[] keys, int k, float[] scores, int s) {
        FloatVector c0 = FloatVector.zero(SPECIES);
        FloatVector c1 = c0;
        FloatVector c2 = c0;
        FloatVector c3 = c0;
        FloatVector c4 = c0;
        FloatVector c5 = c0;
        FloatVector c6 = c0;
        FloatVector c7 = c0;
        for (int d = 0; d < headSize; d++) {
            FloatVector x = FloatVector.fromArray(SPECIES, queries, q + d * LANES);
            int key = k + d * LANES;
            FloatVector b = FloatVector.broadcast(SPECIES, keys[key]);
            c0 = x.fma(b, c0);
            b = FloatVector.broadcast(SPECIES, keys[key + 1]);
            c1 = x.fma(b, c1);
            b = FloatVector.broadcast(SPECIES, keys[key + 2]);
            c2 = x.fma(b, c2);
            b = FloatVector.broadcast(SPECIES, keys[key + 3]);
            c3 = x.fma(b, c3);
            b = FloatVector.broadcast(SPECIES, keys[key + 4]);
            c4 = x.fma(b, c4);
            b = FloatVector.broadcast(SPECIES, keys[key + 5]);
            c5 = x.fma(b, c5);
            b = FloatVector.broadcast(SPECIES, keys[key + 6]);
            c6 = x.fma(b, c6);
            b = FloatVector.broadcast(SPECIES, keys[key + 7]);
            c7 = x.fma(b, c7);
        }
        c0.mul(scale).intoArray(scores, s);
        c1.mul(scale).intoArray(scores, s + LANES);
        c2.mul(scale).intoArray(scores, s + 2 * LANES);
        c3.mul(scale).intoArray(scores, s + 3 * LANES);
        c4.mul(scale).intoArray(scores, s + 4 * LANES);
        c5.mul(scale).intoArray(scores, s + 5 * LANES);
        c6.mul(scale).intoArray(scores, s + 6 * LANES);
        c7.mul(scale).intoArray(scores, s + 7 * LANES);
    }

    /** Eight features from {@code values[v]} of the weighted sums of a vector of rows of two heads. */
    static void eightSumsOfTwo(
            float[] weights,
            int w0,
            int w1,
            int keys,
            float[] values,
            int v,
            int headSize,
            float[] output,
            int o0,
            int o1) {
        FloatVector c00 = FloatVector.fromArray(SPECIES, output, o0);
        FloatVector c01 = FloatVector.fromArray(SPECIES, output, o1);
        FloatVector c10 = FloatVector.fromArray(SPECIES, output, o0 + LANES);
        FloatVector c11 = FloatVector.fromArray(SPECIES, output, o1 + LANES);
        FloatVector c20 = FloatVector.fromArray(SPECIES, output, o0 + 2 * LANES);
        FloatVector c21 = FloatVector.fromArray(SPECIES, output, o1 + 2 * LANES);
        FloatVector c30 = FloatVector.fromArray(SPECIES, output, o0 + 3 * LANES);
        FloatVector c31 = FloatVector.fromArray(SPECIES, output, o1 + 3 * LANES);
        FloatVector c40 = FloatVector.fromArray(SPECIES, output, o0 + 4 * LANES);
        FloatVector c41 = FloatVector.fromArray(SPECIES, output, o1 + 4 * LANES);
        FloatVector c50 = FloatVector.fromArray(SPECIES, output, o0 + 5 * LANES);
        FloatVector c51 = FloatVector.fromArray(SPECIES, output, o1 + 5 * LANES);
        FloatVector c60 = FloatVector.fromArray(SPECIES, output, o0 + 6 * LANES);
        FloatVector c61 = FloatVector.fromArray(SPECIES, output, o1 + 6 * LANES);
        FloatVector c70 = FloatVector.fromArray(SPECIES, output, o0 + 7 * LANES);
        FloatVector c71 = FloatVector.fromArray(SPECIES, output, o1 + 7 * LANES);
        for (int j = 0; j < keys; j++) {
            FloatVector x0 = FloatVector.fromArray(SPECIES, weights, w0 + j * LANES);
            FloatVector x1 = FloatVector.fromArray(SPECIES, weights, w1 + j * LANES);
            int value = v + j * headSize;
            FloatVector b = FloatVector.broadcast(SPECIES, values[value]);
            c00 = x0.fma(b, c00);
            c01 = x1.fma(b, c01);
            b = FloatVector.broadcast(SPECIES, values[value + 1]);
            c10 = x0.fma(b, c10);
            c11 = x1.fma(b, c11);
            b = FloatVector.broadcast(SPECIES, values[value + 2]);
            c20 = x0.fma(b, c20);
            c21 = x1.fma(b, c21);
            b = FloatVector.broadcast(SPECIES, values[value + 3]);
            c30 = x0.fma(b, c30);
            c31 = x1.fma(b, c31);
            b = FloatVector.broadcast(SPECIES, values[value + 4]);
            c40 = x0.fma(b, c40);
            c41 = x1.fma(b, c41);
            b = FloatVector.broadcast(SPECIES, values[value + 5]);
            c50 = x0.fma(b, c50);
            c51 = x1.fma(b, c51);
            b = FloatVector.broadcast(SPECIES, values[value + 6]);
            c60 = x0.fma(b, c60);
            c61 = x1.fma(b, c61);
            b = FloatVector.broadcast(SPECIES, values[value + 7]);
            c70 = x0.fma(b, c70);
            c71 = x1.fma(b, c71);
        }
        c00.intoArray(output, o0);
        c01.intoArray(output, o1);
        c10.intoArray(output, o0 + LANES);
        c11.intoArray(output, o1 + LANES);
        c20.intoArray(output, o0 + 2 * LANES);
        c21.intoArray(output, o1 + 2 * LANES);
        c30.intoArray(output, o0 + 3 * LANES);
        c31.intoArray(output, o1 + 3 * LANES);
        c40.intoArray(output, o0 + 4 * LANES);
        c41.intoArray(output, o1 + 4 * LANES);
        c50.intoArray(output, o0 + 5 * LANES);
        c51.intoArray(output, o1 + 5 * LANES);
        c60.intoArray(output, o0 + 6 * LANES);
        c61.intoArray(output, o1 + 6 * LANES);
        c70.intoArray(output, o0 + 7 * LANES);
        c71.intoArray(output, o1 + 7 * LANES);
    }

    /** The same for one head. */
    static void eightSums(
            float[] weights, int w, int keys, float[] values, int v, int headSize, float[] output, int o) {
        FloatVector c0 = FloatVector.fromArray(SPECIES, output, o);
        FloatVector c1 = FloatVector.fromArray(SPECIES, output, o + LANES);
        FloatVector c2 = FloatVector.fromArray(SPECIES, output, o + 2 * LANES);
        FloatVector c3 = FloatVector.fromArray(SPECIES, output, o + 3 * LANES);
        FloatVector c4 = FloatVector.fromArray(SPECIES, output, o + 4 * LANES);
        FloatVector c5 = FloatVector.fromArray(SPECIES, output, o + 5 * LANES);
        FloatVector c6 = FloatVector.fromArray(SPECIES, output, o + 6 * LANES);
        FloatVector c7 = FloatVector.fromArray(SPECIES, output, o + 7 * LANES);
        for (int j = 0; j < keys; j++) {
            FloatVector x = FloatVector.fromArray(SPECIES, weights, w + j * LANES);
            int value = v + j * headSize;
            FloatVector b = FloatVector.broadcast(SPECIES, values[value]);
            c0 = x.fma(b, c0);
            b = FloatVector.broadcast(SPECIES, values[value + 1]);
            c1 = x.fma(b, c1);
            b = FloatVector.broadcast(SPECIES, values[value + 2]);
            c2 = x.fma(b, c2);
            b = FloatVector.broadcast(SPECIES, values[value + 3]);
            c3 = x.fma(b, c3);
            b = FloatVector.broadcast(SPECIES, values[value + 4]);
            c4 = x.fma(b, c4);
            b = FloatVector.broadcast(SPECIES, values[value + 5]);
            c5 = x.fma(b, c5);
            b = FloatVector.broadcast(SPECIES, values[value + 6]);
            c6 = x.fma(b, c6);
            b = FloatVector.broadcast(SPECIES, values[value + 7]);
            c7 = x.fma(b, c7);
        }
        c0.intoArray(output, o);
        c1.intoArray(output, o + LANES);
        c2.intoArray(output, o + 2 * LANES);
        c3.intoArray(output, o + 3 * LANES);
        c4.intoArray(output, o + 4 * LANES);
        c5.intoArray(output, o + 5 * LANES);
        c6.intoArray(output, o + 6 * LANES);
        c7.intoArray(output, o + 7 * LANES);
    }

    /** The same for one head and the features {@code [from, headSize)}, one at a time. */
    static void lastSums(
            float[] weights, int w, int keys, float[] values, int from, int headSize, float[] output, int o) {
        for (int d = from; d < headSize; d++) {
            FloatVector sum = FloatVector.fromArray(SPECIES, output, o + d * LANES);
            for (int j = 0; j < keys; j++) {
                sum = FloatVector.fromArray(SPECIES, weights, w + j * LANES)
                        .fma(FloatVector.broadcast(SPECIES, values[j * headSize + d]), sum);
            }
            sum.intoArray(output, o + d * LANES);
        }
    }

    /** Takes the scores of keys in {@code [shared, keys)} from rows that do not have them; their weight is then zero. */
    static void mask(float[] scores, int start, int shared, int keys, int[] counts) {
        for (int j = shared; j < keys; j++) {
            for (int lane = 0; lane < LANES; lane++) {
                if (j >= counts[lane]) {
                    scores[start + j * LANES + lane] = Float.NEGATIVE_INFINITY;
                }
            }
        }
    }

    /** One vector of rows of {@link AttentionKernels#tileSoftmaxBlock}; the first is the query {@code query}. */
    static void softmax(RunningSoftmax running, int query, float[] scores, int start, int keys) {
        FloatVector before = FloatVector.fromArray(SPECIES, running.maxima, query);
        FloatVector maximum = before;
        for (int j = 0; j < keys; j++) {
            maximum = maximum.max(FloatVector.fromArray(SPECIES, scores, start + j * LANES));
        }
        maximum.intoArray(running.maxima, query);
        FloatVector factor = VectorKernels.expUpToMaximum(before.sub(maximum));
        factor.intoArray(running.factors, query);
        float[] partials = running.tilePartials;
        for (int i = 0; i < LANES; i++) {
            FloatVector sum = FloatVector.zero(SPECIES);
            for (int j = i; j < keys; j += LANES) {
                int index = start + j * LANES;
                FloatVector weights = VectorKernels.expUpToMaximum(
                        FloatVector.fromArray(SPECIES, scores, index).sub(maximum));
                weights.intoArray(scores, index);
                sum = sum.add(weights);
            }
            sum.intoArray(partials, i * WIDTH);
        }
        for (int half = LANES / 2; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) {
                FloatVector.fromArray(SPECIES, partials, i * WIDTH)
                        .add(FloatVector.fromArray(SPECIES, partials, (i + half) * WIDTH))
                        .intoArray(partials, i * WIDTH);
            }
        }
        FloatVector.fromArray(SPECIES, running.sums, query)
                .fma(factor, FloatVector.fromArray(SPECIES, partials, 0))
                .intoArray(running.sums, query);
    }

    /** One vector of rows of {@link AttentionKernels#scaleTile}. */
    static void scale(float[] source, int s, int count, float[] factors, int f, float[] target, int t) {
        FloatVector factor = FloatVector.fromArray(SPECIES, factors, f);
        for (int i = 0; i < count; i++) {
            FloatVector.fromArray(SPECIES, source, s + i * LANES)
                    .mul(factor)
                    .add(0f)
                    .intoArray(target, t + i * LANES);
        }
    }
}
