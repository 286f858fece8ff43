package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.LowRankKernels;
import io.promptmill.udf.kernels.Precision;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/**
 * One of the two small matrices of an addition, in the order in which it is read. Its numbers are floats; or halves (IEEE
 * 754 binary16), which are multiplied with a power of two that brings the largest near the end of their range, so that
 * small ones keep their digits; or whole numbers of eight bits with a scale for each rank. Immutable and thread-safe.
 */
final class LowRankFactor {
    /** Exponent of the largest half. */
    private static final int LARGEST_EXPONENT = 14;
    /** The power of two and its inverse are finite floats. */
    private static final int MOST_SHIFT = 60;

    private static final float LARGEST_BYTE = 127f;

    private final float[] floats;
    private final short[] halves;
    private final byte[] bytes;
    /** Of each rank: what a sum over the stored numbers is multiplied with. */
    private final float[] scales;

    private LowRankFactor(float[] floats, short[] halves, byte[] bytes, float[] scales) {
        this.floats = floats;
        this.halves = halves;
        this.bytes = bytes;
        this.scales = scales;
    }

    /**
     * @param precision of the model's products: with {@code INT8} numbers of eight bits, with {@code BF16} halves, with
     *     {@code F32} what holds the numbers exactly
     * @param rankOf the rank that the number at an index belongs to
     */
    static LowRankFactor of(Kernels kernels, float[] values, Precision precision, int ranks, IntUnaryOperator rankOf) {
        return precision == Precision.INT8
                ? ofBytes(values, ranks, rankOf)
                : ofHalves(kernels, values, ranks, precision == Precision.F32);
    }

    private static LowRankFactor ofBytes(float[] values, int ranks, IntUnaryOperator rankOf) {
        float[] scales = new float[ranks];
        for (int i = 0; i < values.length; i++) {
            int rank = rankOf.applyAsInt(i);
            scales[rank] = Math.max(scales[rank], Math.abs(values[i]));
        }
        for (int rank = 0; rank < ranks; rank++) {
            scales[rank] /= LARGEST_BYTE;
        }
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            float scale = scales[rankOf.applyAsInt(i)];
            // A scale below the normal range is too coarse; what is so small does not count.
            bytes[i] = scale < Float.MIN_NORMAL ? 0 : (byte) Math.rint(values[i] / scale);
        }
        return new LowRankFactor(null, null, bytes, scales);
    }

    private static LowRankFactor ofHalves(Kernels kernels, float[] values, int ranks, boolean exactly) {
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
        float[] scales = new float[ranks];
        if (exactly && !holds(kernels, halves, scaled, values, shift)) {
            Arrays.fill(scales, 1f);
            return new LowRankFactor(values, null, null, scales);
        }
        Arrays.fill(scales, Math.scalb(1f, -shift));
        return new LowRankFactor(null, halves, null, scales);
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

    /** Bytes that a number takes at most. */
    static int mostBytes(Precision precision) {
        return switch (precision) {
            case INT8 -> Byte.BYTES;
            case BF16 -> Short.BYTES;
            case F32 -> Float.BYTES;
        };
    }

    /** What a sum over the stored numbers of a rank is multiplied with. */
    float scale(int rank) {
        return scales[rank];
    }

    /** Memory that it takes. */
    long memory() {
        if (bytes != null) {
            return bytes.length;
        }
        return halves != null ? (long) halves.length * Short.BYTES : (long) floats.length * Float.BYTES;
    }

    /**
     * The array in which {@code count} numbers from {@code offset} on are found as floats, from {@link #start} on.
     *
     * @param buffer of {@code count} floats at least
     */
    float[] read(Kernels kernels, int offset, int count, float[] buffer) {
        if (floats != null) {
            return floats;
        }
        if (halves != null) {
            kernels.fromHalves(halves, offset, buffer, 0, count);
        } else {
            kernels.lowRank().widen(bytes, offset, buffer, count);
        }
        return buffer;
    }

    /** Where the numbers from {@code offset} on begin in what {@link #read} returned. */
    int start(int offset) {
        return floats == null ? 0 : offset;
    }

    /** {@link LowRankKernels#reduceRow} with the numbers from {@code start} on. */
    void reduceRow(
            LowRankKernels kernels, float[] input, int offset, int count, int start, float[] sums, int sumsOffset) {
        if (bytes != null) {
            kernels.reduceRow(input, offset, count, bytes, start, sums, sumsOffset);
        } else if (halves != null) {
            kernels.reduceRow(input, offset, count, halves, start, sums, sumsOffset);
        } else {
            kernels.reduceRow(input, offset, count, floats, start, sums, sumsOffset);
        }
    }

    /** {@link LowRankKernels#expandRow} with the numbers from {@code start} on. */
    void expandRow(
            LowRankKernels kernels, float[] reduced, int rank, int start, int stride, int count, float[] results) {
        if (bytes != null) {
            kernels.expandRow(reduced, rank, bytes, start, stride, count, results);
        } else if (halves != null) {
            kernels.expandRow(reduced, rank, halves, start, stride, count, results);
        } else {
            kernels.expandRow(reduced, rank, floats, start, stride, count, results);
        }
    }
}
