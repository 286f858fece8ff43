package io.promptmill.udf.kernels;

import static io.promptmill.udf.tensor.RowTiles.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loops of attention. In scores a lane is a key, in weighted sums it is a feature of the values, so neither
 * sum crosses lanes. Eight accumulators side by side hide the latency of the fused multiply-add on two ports, and with
 * what they are multiplied by they stay in the 16 registers of AVX2.
 */
final class VectorAttention {
    private static final VectorSpecies<Float> SPECIES = VectorKernels.SPECIES;
    private static final int WIDTH = VectorKernels.WIDTH;

    private VectorAttention() {}

    /** Scores of eight queries, {@code headSize} apart from q, with a vector of keys at k; they share its loads. */
    static void eightScores(
            float[] queries,
            int q,
            int headSize,
            float scale,
            float[] keys,
            int k,
            float[] scores,
            int s,
            int scoresStride) {
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        FloatVector s4 = s0;
        FloatVector s5 = s0;
        FloatVector s6 = s0;
        FloatVector s7 = s0;
        for (int d = 0; d < headSize; d++) {
            FloatVector key = FloatVector.fromArray(SPECIES, keys, k + d * LANES);
            s0 = key.fma(FloatVector.broadcast(SPECIES, queries[q + d]), s0);
            s1 = key.fma(FloatVector.broadcast(SPECIES, queries[q + headSize + d]), s1);
            s2 = key.fma(FloatVector.broadcast(SPECIES, queries[q + 2 * headSize + d]), s2);
            s3 = key.fma(FloatVector.broadcast(SPECIES, queries[q + 3 * headSize + d]), s3);
            s4 = key.fma(FloatVector.broadcast(SPECIES, queries[q + 4 * headSize + d]), s4);
            s5 = key.fma(FloatVector.broadcast(SPECIES, queries[q + 5 * headSize + d]), s5);
            s6 = key.fma(FloatVector.broadcast(SPECIES, queries[q + 6 * headSize + d]), s6);
            s7 = key.fma(FloatVector.broadcast(SPECIES, queries[q + 7 * headSize + d]), s7);
        }
        s0.mul(scale).intoArray(scores, s);
        s1.mul(scale).intoArray(scores, s + scoresStride);
        s2.mul(scale).intoArray(scores, s + 2 * scoresStride);
        s3.mul(scale).intoArray(scores, s + 3 * scoresStride);
        s4.mul(scale).intoArray(scores, s + 4 * scoresStride);
        s5.mul(scale).intoArray(scores, s + 5 * scoresStride);
        s6.mul(scale).intoArray(scores, s + 6 * scoresStride);
        s7.mul(scale).intoArray(scores, s + 7 * scoresStride);
    }

    /** The same for four queries. */
    static void fourScores(
            float[] queries,
            int q,
            int headSize,
            float scale,
            float[] keys,
            int k,
            float[] scores,
            int s,
            int scoresStride) {
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        for (int d = 0; d < headSize; d++) {
            FloatVector key = FloatVector.fromArray(SPECIES, keys, k + d * LANES);
            s0 = key.fma(FloatVector.broadcast(SPECIES, queries[q + d]), s0);
            s1 = key.fma(FloatVector.broadcast(SPECIES, queries[q + headSize + d]), s1);
            s2 = key.fma(FloatVector.broadcast(SPECIES, queries[q + 2 * headSize + d]), s2);
            s3 = key.fma(FloatVector.broadcast(SPECIES, queries[q + 3 * headSize + d]), s3);
        }
        s0.mul(scale).intoArray(scores, s);
        s1.mul(scale).intoArray(scores, s + scoresStride);
        s2.mul(scale).intoArray(scores, s + 2 * scoresStride);
        s3.mul(scale).intoArray(scores, s + 3 * scoresStride);
    }

    /** The same for one query. */
    static void oneScore(
            float[] queries, int q, int headSize, float scale, float[] keys, int k, float[] scores, int s) {
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int d = 0; d < headSize; d++) {
            sum = FloatVector.fromArray(SPECIES, keys, k + d * LANES)
                    .fma(FloatVector.broadcast(SPECIES, queries[q + d]), sum);
        }
        sum.mul(scale).intoArray(scores, s);
    }

    /**
     * One query of {@link AttentionKernels#softmaxBlock}. The end of the last vector is filled with scores whose weight is zero,
     * which changes neither the largest nor the sum.
     */
    static void softmax(RunningSoftmax running, int query, float[] scores, int start, int count) {
        int end = start + (count + LANES - 1) / LANES * LANES;
        Arrays.fill(scores, start + count, end, Float.NEGATIVE_INFINITY);
        FloatVector maxima = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        for (int i = start; i < end; i += WIDTH) {
            maxima = maxima.max(FloatVector.fromArray(SPECIES, scores, i));
        }
        float maximum = running.raise(query, maxima.reduceLanes(VectorOperators.MAX));
        for (int lane = 0; lane < LANES; lane += WIDTH) {
            FloatVector sum = FloatVector.zero(SPECIES);
            for (int i = start + lane; i < end; i += LANES) {
                FloatVector weights = VectorKernels.expUpToMaximum(
                        FloatVector.fromArray(SPECIES, scores, i).sub(maximum));
                weights.intoArray(scores, i);
                sum = sum.add(weights);
            }
            sum.intoArray(running.partials, lane);
        }
        running.addPartials(query);
    }

    /** Weighted sums of two queries, with weights at w0 and w1, whose outputs lie at o and {@code o + headSize}. */
    static void twoSums(
            float[] weights, int w0, int w1, int count, float[] values, int v, int headSize, float[] output, int o) {
        int d = 0;
        for (; d + 4 * WIDTH <= headSize; d += 4 * WIDTH) {
            int o0 = o + d;
            int o1 = o0 + headSize;
            FloatVector s00 = FloatVector.fromArray(SPECIES, output, o0);
            FloatVector s01 = FloatVector.fromArray(SPECIES, output, o0 + WIDTH);
            FloatVector s02 = FloatVector.fromArray(SPECIES, output, o0 + 2 * WIDTH);
            FloatVector s03 = FloatVector.fromArray(SPECIES, output, o0 + 3 * WIDTH);
            FloatVector s10 = FloatVector.fromArray(SPECIES, output, o1);
            FloatVector s11 = FloatVector.fromArray(SPECIES, output, o1 + WIDTH);
            FloatVector s12 = FloatVector.fromArray(SPECIES, output, o1 + 2 * WIDTH);
            FloatVector s13 = FloatVector.fromArray(SPECIES, output, o1 + 3 * WIDTH);
            for (int j = 0; j < count; j++) {
                int value = v + j * headSize + d;
                FloatVector v0 = FloatVector.fromArray(SPECIES, values, value);
                FloatVector v1 = FloatVector.fromArray(SPECIES, values, value + WIDTH);
                FloatVector v2 = FloatVector.fromArray(SPECIES, values, value + 2 * WIDTH);
                FloatVector v3 = FloatVector.fromArray(SPECIES, values, value + 3 * WIDTH);
                FloatVector weight = FloatVector.broadcast(SPECIES, weights[w0 + j]);
                s00 = v0.fma(weight, s00);
                s01 = v1.fma(weight, s01);
                s02 = v2.fma(weight, s02);
                s03 = v3.fma(weight, s03);
                weight = FloatVector.broadcast(SPECIES, weights[w1 + j]);
                s10 = v0.fma(weight, s10);
                s11 = v1.fma(weight, s11);
                s12 = v2.fma(weight, s12);
                s13 = v3.fma(weight, s13);
            }
            s00.intoArray(output, o0);
            s01.intoArray(output, o0 + WIDTH);
            s02.intoArray(output, o0 + 2 * WIDTH);
            s03.intoArray(output, o0 + 3 * WIDTH);
            s10.intoArray(output, o1);
            s11.intoArray(output, o1 + WIDTH);
            s12.intoArray(output, o1 + 2 * WIDTH);
            s13.intoArray(output, o1 + 3 * WIDTH);
        }
        oneSum(weights, w0, count, values, v, headSize, d, output, o);
        oneSum(weights, w1, count, values, v, headSize, d, output, o + headSize);
    }

    /** Weighted sum of one query from feature {@code first} on. */
    static void oneSum(
            float[] weights, int w, int count, float[] values, int v, int headSize, int first, float[] output, int o) {
        int d = first;
        for (; d + 4 * WIDTH <= headSize; d += 4 * WIDTH) {
            FloatVector s0 = FloatVector.fromArray(SPECIES, output, o + d);
            FloatVector s1 = FloatVector.fromArray(SPECIES, output, o + d + WIDTH);
            FloatVector s2 = FloatVector.fromArray(SPECIES, output, o + d + 2 * WIDTH);
            FloatVector s3 = FloatVector.fromArray(SPECIES, output, o + d + 3 * WIDTH);
            for (int j = 0; j < count; j++) {
                int value = v + j * headSize + d;
                FloatVector weight = FloatVector.broadcast(SPECIES, weights[w + j]);
                s0 = FloatVector.fromArray(SPECIES, values, value).fma(weight, s0);
                s1 = FloatVector.fromArray(SPECIES, values, value + WIDTH).fma(weight, s1);
                s2 = FloatVector.fromArray(SPECIES, values, value + 2 * WIDTH).fma(weight, s2);
                s3 = FloatVector.fromArray(SPECIES, values, value + 3 * WIDTH).fma(weight, s3);
            }
            s0.intoArray(output, o + d);
            s1.intoArray(output, o + d + WIDTH);
            s2.intoArray(output, o + d + 2 * WIDTH);
            s3.intoArray(output, o + d + 3 * WIDTH);
        }
        for (; d + WIDTH <= headSize; d += WIDTH) {
            FloatVector sum = FloatVector.fromArray(SPECIES, output, o + d);
            for (int j = 0; j < count; j++) {
                sum = FloatVector.fromArray(SPECIES, values, v + j * headSize + d)
                        .fma(FloatVector.broadcast(SPECIES, weights[w + j]), sum);
            }
            sum.intoArray(output, o + d);
        }
        for (; d < headSize; d++) {
            float sum = output[o + d];
            for (int j = 0; j < count; j++) {
                sum = Math.fma(values[v + j * headSize + d], weights[w + j], sum);
            }
            output[o + d] = sum;
        }
    }
}
