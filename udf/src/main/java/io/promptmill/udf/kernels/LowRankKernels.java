package io.promptmill.udf.kernels;

/**
 * The two products of a low-rank addition {@code B (A x)} (Hu et al. 2021, arXiv:2106.09685), {@code A [rank x inputs]},
 * {@code B [outputs x rank]}: for a single row and for the sixteen rows of a tile, to the same bits. Every sum is one fused
 * multiply-add a term, in ascending order of inputs with {@code A} and of ranks with {@code B}. For a row, A and B may be
 * halves (IEEE 754 binary16), finite ones, which are read as {@link HalfFloats#fromHalf} has them, or whole numbers of eight
 * bits. Thread-safe for disjoint outputs.
 */
public interface LowRankKernels {
    /** Ranks that lie side by side in {@code A}; missing ones are 0. */
    int RANKS = 16;

    /**
     * Goes on with the sums of one row: {@code sums[j] += input[k * 16] * down[k * 16 + j]} for {@code k} in
     * {@code [0, count)} and sixteen ranks {@code j}, each array from its offset.
     */
    void reduceRow(float[] input, int offset, int count, float[] down, int downOffset, float[] sums, int sumsOffset);

    /** The same with halves. */
    void reduceRow(float[] input, int offset, int count, short[] down, int downOffset, float[] sums, int sumsOffset);

    /** The same with whole numbers. */
    void reduceRow(float[] input, int offset, int count, byte[] down, int downOffset, float[] sums, int sumsOffset);

    /**
     * The same for the rows of a tile: {@code sums[j * 16 + lane] += input[k * 16 + lane] * down[k * 16 + j]} for the ranks
     * {@code j} below {@code ranks}.
     */
    void reduceTile(
            float[] input,
            int offset,
            int count,
            float[] down,
            int downOffset,
            int ranks,
            float[] sums,
            int sumsOffset);

    /**
     * {@code results[i] = sum over j below rank of reduced[j] * up[upOffset + j * stride + i]} for {@code i} in
     * {@code [0, count)}.
     */
    void expandRow(float[] reduced, int rank, float[] up, int upOffset, int stride, int count, float[] results);

    /** The same with halves. */
    void expandRow(float[] reduced, int rank, short[] up, int upOffset, int stride, int count, float[] results);

    /** The same with whole numbers. */
    void expandRow(float[] reduced, int rank, byte[] up, int upOffset, int stride, int count, float[] results);

    /**
     * The same for the rows of a tile, added to the output:
     * {@code output[i * 16 + lane] += sum over j of reduced[j * 16 + lane] * up[j * stride + i]}, each array from its
     * offset.
     */
    void expandTile(
            float[] reduced,
            int reducedOffset,
            int rank,
            float[] up,
            int upOffset,
            int stride,
            int count,
            float[] output,
            int outputOffset);

    /** {@code target[i] = source[offset + i]} as floats. */
    void widen(byte[] source, int offset, float[] target, int count);
}
