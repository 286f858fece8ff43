package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.LowRankKernels;

/**
 * One of the two small matrices of an addition, in the order in which it is read: as halves (IEEE 754 binary16) where
 * those hold its numbers, else as floats. Halves are stored times a power of two that brings the largest near the end of
 * their range, so that small numbers keep their digits. Immutable and thread-safe.
 */
final class LowRankFactor {
    /** Exponent of the largest number that is stored. */
    private static final int LARGEST_EXPONENT = 14;
    /** The power of two and its inverse are finite floats. */
    private static final int MOST_SHIFT = 60;

    private final float[] floats;
    private final short[] halves;
    private final float factor;

    private LowRankFactor(float[] floats, short[] halves, float factor) {
        this.floats = floats;
        this.halves = halves;
        this.factor = factor;
    }

    /**
     * @param rounds whether numbers that halves do not hold are rounded to them
     */
    static LowRankFactor of(Kernels kernels, float[] values, boolean rounds) {
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        int shift = largest == 0 ? 0 : LARGEST_EXPONENT - Math.getExponent(largest);
        shift = Math.max(-MOST_SHIFT, Math.min(MOST_SHIFT, shift));
        float[] scaled = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            scaled[i] = Math.scalb(values[i], shift);
        }
        short[] halves = new short[values.length];
        kernels.toHalves(scaled, 0, halves, 0, values.length);
        if (!rounds && !holds(kernels, halves, scaled, values, shift)) {
            return new LowRankFactor(values, null, 1f);
        }
        return new LowRankFactor(null, halves, Math.scalb(1f, -shift));
    }

    private static boolean holds(Kernels kernels, short[] halves, float[] scaled, float[] values, int shift) {
        kernels.fromHalves(halves, 0, scaled, 0, scaled.length);
        for (int i = 0; i < values.length; i++) {
            if (Math.scalb(scaled[i], -shift) != values[i]) {
                return false;
            }
        }
        return true;
    }

    /** What a sum over its numbers, as {@link #read} gives them, is multiplied with. */
    float factor() {
        return factor;
    }

    long bytes() {
        return halves == null ? (long) floats.length * Float.BYTES : (long) halves.length * Short.BYTES;
    }

    /**
     * The array in which {@code count} numbers from {@code offset} on are found as floats, from {@link #start} on.
     *
     * @param buffer of {@code count} floats at least
     */
    float[] read(Kernels kernels, int offset, int count, float[] buffer) {
        if (halves == null) {
            return floats;
        }
        kernels.fromHalves(halves, offset, buffer, 0, count);
        return buffer;
    }

    /** Where the numbers from {@code offset} on begin in what {@link #read} returned. */
    int start(int offset) {
        return halves == null ? offset : 0;
    }

    /** {@link LowRankKernels#reduceRow} with the numbers from {@code start} on. */
    void reduceRow(
            LowRankKernels kernels, float[] input, int offset, int count, int start, float[] sums, int sumsOffset) {
        if (halves == null) {
            kernels.reduceRow(input, offset, count, floats, start, sums, sumsOffset);
        } else {
            kernels.reduceRow(input, offset, count, halves, start, sums, sumsOffset);
        }
    }

    /** {@link LowRankKernels#expandRow} with the numbers from {@code start} on. */
    void expandRow(
            LowRankKernels kernels, float[] reduced, int rank, int start, int stride, int count, float[] results) {
        if (halves == null) {
            kernels.expandRow(reduced, rank, floats, start, stride, count, results);
        } else {
            kernels.expandRow(reduced, rank, halves, start, stride, count, results);
        }
    }
}
