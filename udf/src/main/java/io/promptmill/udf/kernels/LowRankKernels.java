package io.promptmill.udf.kernels;

/**
 * The two products of a low-rank addition {@code B (A x)} (Hu et al. 2021, arXiv:2106.09685), {@code A [rank x inputs]},
 * {@code B [outputs x rank]}: once for a single row and once for the sixteen rows of a tile, to the same bits. The order of
 * a row's sums: with {@code A} in four partial sums by {@code input % 4}, which the caller adds as
 * {@code (s0 + s1) + (s2 + s3)}, with {@code B} by ascending rank from 0; one fused multiply-add a term. Thread-safe for
 * disjoint outputs.
 */
public interface LowRankKernels {
    /** Ranks that lie side by side in {@code A}; missing ones are 0. */
    int RANKS = 16;

    /** Partial sums of a rank. */
    int SUMS = 4;

    /** Floats of the partial sums of a tile, and of its sixteen rows one by one. */
    int TILE_SUMS = RANKS * SUMS * 16;

    /**
     * Goes on with the partial sums of one row: {@code sums[(k % 4) * 16 + j] += input[k * 16] * down[k * 16 + j]} for
     * {@code k} in {@code [0, count)} and sixteen ranks {@code j}, each array from its offset.
     *
     * @param count of inputs; a multiple of 4, but for the last of them
     */
    void reduceRow(float[] input, int offset, int count, float[] down, int downOffset, float[] sums, int sumsOffset);

    /**
     * The same for the rows of a tile:
     * {@code sums[(j * 4 + k % 4) * 16 + lane] += input[k * 16 + lane] * down[k * 16 + j]} for the ranks {@code j} below
     * {@code ranks}.
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
     * {@code results[i] = sum over j below rank of reduced[j] * up[j * stride + i]} for {@code i} in {@code [0, count)}.
     *
     * @param up from {@code upOffset}
     */
    void expandRow(float[] reduced, int rank, float[] up, int upOffset, int stride, int count, float[] results);

    /**
     * The same for the rows of a tile that {@code lanes} has, added to the output:
     * {@code output[i * 16 + lane] += sum over j of reduced[j * 16 + lane] * up[j * stride + i]}.
     *
     * @param lanes {@code [16]}; what lies in others stays as it is
     */
    void expandTile(
            float[] reduced,
            int reducedOffset,
            int rank,
            float[] up,
            int upOffset,
            int stride,
            int count,
            boolean[] lanes,
            float[] output,
            int outputOffset);
}
