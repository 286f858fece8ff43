package io.promptmill.udf.kernels;

import io.promptmill.udf.tensor.RowTiles;

/**
 * What stands between activations in tiles and products of fewer bits: rounding, and the way between sixteen
 * interleaved rows and plain ones. The implementations agree to the bit. Thread-safe.
 */
interface Conversions {
    /** Largest magnitude of an eight-bit number: the range is symmetric, so that a sign costs nothing. */
    float INT8_MAXIMUM = 127f;
    /**
     * Added to a number of magnitude up to 2^22, it leaves the number rounded to the nearest integer, ties to even, in
     * the low bits of the mantissa: 1.5 * 2^23.
     */
    float ROUNDING = 12_582_912f;

    /**
     * {@code target[i] = round(values[i] / scale)} with {@code scale = max |values| / 127}.
     *
     * @return the scale; 0 where all values are 0
     */
    float quantizeRow(float[] values, int offset, int count, byte[] target, int targetOffset);

    /**
     * The rows of a tile as eight-bit numbers with a scale each, like {@link #quantizeRow}, four features to a word:
     * feature {@code 4 * w + b} of row {@code r} is byte {@code b} of {@code words[w * 16 + r]}. Missing features are 0.
     *
     * @param words {@code [ceil(features / 4) x 16]}
     * @param scales of the rows, sixteen from {@code scalesOffset}
     */
    void quantizeTile(RowTiles input, int tile, int[] words, float[] scales, int scalesOffset);

    /**
     * The rows of a tile as bfloat16, rounded to nearest, ties to even, two features to a word, the first one low.
     *
     * @param words {@code [ceil(features / 2) x 16]}
     */
    void roundTile(RowTiles input, int tile, int[] words);

    /**
     * Writes plain rows to a tile: {@code output[r, feature + i] = sums[r * stride + i] * scales[r]} for
     * {@code count} features of the sixteen rows.
     *
     * @param sums {@code [16 x stride]} from {@code sumsOffset}
     * @param scales sixteen from {@code scalesOffset}
     */
    void storeTile(
            float[] sums,
            int sumsOffset,
            int stride,
            float[] scales,
            int scalesOffset,
            RowTiles output,
            int tile,
            int feature,
            int count);

    /** {@code target[i] = source[i]} as floats. */
    void widen(byte[] source, int offset, float[] target, int targetOffset, int count);

    /** Adds {@code count} whole numbers below 2^31 in magnitude to the totals, or replaces them. */
    void addIntegers(float[] numbers, int[] totals, int count, boolean replace);

    /**
     * {@code output[i * 16 + r] = (totals[i * 16 + r] * outputScales[i]) * rowScales[r]} for {@code count} features of a
     * tile's sixteen rows, each from its offset; the total is rounded to a float first.
     */
    void storeTotals(
            int[] totals,
            int totalsOffset,
            float[] outputScales,
            int outputScalesOffset,
            float[] rowScales,
            int rowScalesOffset,
            float[] output,
            int outputOffset,
            int count);
}
