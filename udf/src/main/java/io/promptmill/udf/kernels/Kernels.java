package io.promptmill.udf.kernels;

import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;

/**
 * Arithmetic on slices of activations and weights; a caller spreads slices over threads. Implementations agree to the
 * bit: every sum has one order, given here, whatever the vector width. Thread-safe for disjoint outputs.
 */
public interface Kernels extends AutoCloseable {

    /** Name of the provider and its vector width, for reports. */
    String name();

    /**
     * Brings a stored matrix {@code [outputs x inputs]} into the form that {@link #multiply} takes; once, at load.
     *
     * @param workers that will compute the products, and that share the work of packing
     */
    PackedMatrix pack(Matrix matrix, WorkerPool workers);

    /** A place for the inputs {@code [rows x features]} of products, of any number of rows. */
    ProductInput newInput(int features);

    /**
     * Matrix product with stored weights: {@code output[r, n] = sum over k of input[r, k] * weights[n, k]} for the
     * output features {@code n} of a slice and the rows {@code [fromRow, toRow)}. What a provider rounds on the way is
     * said there; the result for a row does not depend on the other rows. The lanes behind the last row are undefined.
     *
     * @param input converted, {@code [rows x inputs]}
     * @param output {@code [rows x outputs]}, of as many rows
     * @param slice in {@code [0, weights.slices())}
     * @param fromRow a multiple of 16
     */
    void multiply(ProductInput input, PackedMatrix weights, RowTiles output, int slice, int fromRow, int toRow);

    /** Writes row {@code ids[r]} of the matrix to row r of {@code output [rows x columns]}, for r in [from, to). */
    void gather(Matrix table, int[] ids, RowTiles output, int from, int to);

    /**
     * The feature of the largest value of each row of a tile, the first of equals; -1 where any value of the row is not
     * finite.
     *
     * @param largest {@code [16]} by lane, from {@code offset}
     */
    void largest(RowTiles values, int tile, int[] largest, int offset);

    /**
     * Rotates pairs of features of every head by an angle a row (Su et al. 2021, arXiv:2104.09864):
     * {@code (x0, x1) -> (x0 cos - x1 sin, x1 cos + x0 sin)}. Pair {@code i} of a head is the features
     * {@code (first + i * pairStep, first + i * pairStep + pairGap)}; the other features of a head stay.
     *
     * @param cosines {@code [rows x pairs]}
     * @param sines {@code [rows x pairs]}
     */
    void rotate(
            RowTiles values,
            int headSize,
            int first,
            int pairStep,
            int pairGap,
            RowTiles cosines,
            RowTiles sines,
            int fromTile,
            int toTile);

    /** Nearest halves (IEEE 754 binary16) of {@code count} floats, as {@link HalfFloats#toHalf} has them. */
    void toHalves(float[] source, int sourceOffset, short[] target, int targetOffset, int count);

    /** The values of {@code count} halves; infinities become NaN. */
    void fromHalves(short[] source, int sourceOffset, float[] target, int targetOffset, int count);

    /** The kernels of attention. */
    AttentionKernels attention();

    /** The kernels of norms. */
    NormKernels norms();

    /** The kernels that take each number by itself. */
    ElementKernels elements();

    /** The kernels of low-rank additions. */
    LowRankKernels lowRank();

    /** A provider whose products are of 32-bit floats, for the few whose rounding would be felt: perhaps this one. */
    Kernels exact();

    /** Frees what was packed. Nothing may be computed afterwards. */
    @Override
    default void close() {}
}
