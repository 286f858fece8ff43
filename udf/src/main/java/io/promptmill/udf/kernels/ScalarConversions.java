package io.promptmill.udf.kernels;

import static io.promptmill.udf.tensor.RowTiles.LANES;

import io.promptmill.udf.tensor.RowTiles;

/** Plain loops. */
final class ScalarConversions implements Conversions {

    @Override
    public float quantizeRow(float[] values, int offset, int count, byte[] target, int targetOffset) {
        float maximum = 0f;
        for (int i = 0; i < count; i++) {
            maximum = Math.max(maximum, Math.abs(values[offset + i]));
        }
        float inverse = inverse(maximum);
        for (int i = 0; i < count; i++) {
            target[targetOffset + i] = (byte) rounded(values[offset + i], inverse);
        }
        return maximum / INT8_MAXIMUM;
    }

    @Override
    public void quantizeTile(RowTiles input, int tile, int[] words, float[] scales, int scalesOffset) {
        int features = input.features();
        float[] x = input.data();
        for (int r = 0; r < LANES; r++) {
            int start = input.index(tile * LANES + r, 0);
            float maximum = 0f;
            for (int f = 0; f < features; f++) {
                maximum = Math.max(maximum, Math.abs(x[start + f * LANES]));
            }
            float inverse = inverse(maximum);
            scales[scalesOffset + r] = maximum / INT8_MAXIMUM;
            for (int w = 0; w * 4 < features; w++) {
                int word = 0;
                for (int b = 0; b < 4 && w * 4 + b < features; b++) {
                    word |= (rounded(x[start + (w * 4 + b) * LANES], inverse) & 0xFF) << 8 * b;
                }
                words[w * LANES + r] = word;
            }
        }
    }

    @Override
    public void roundTile(RowTiles input, int tile, int[] words) {
        int features = input.features();
        float[] x = input.data();
        for (int r = 0; r < LANES; r++) {
            int start = input.index(tile * LANES + r, 0);
            for (int w = 0; w * 2 < features; w++) {
                int low = bf16(x[start + w * 2 * LANES]);
                int high = w * 2 + 1 < features ? bf16(x[start + (w * 2 + 1) * LANES]) : 0;
                words[w * LANES + r] = high << 16 | low;
            }
        }
    }

    @Override
    public void storeTile(
            float[] sums,
            int sumsOffset,
            int stride,
            float[] scales,
            int scalesOffset,
            RowTiles output,
            int tile,
            int feature,
            int count) {
        for (int r = 0; r < LANES; r++) {
            int target = output.index(tile * LANES + r, feature);
            for (int i = 0; i < count; i++) {
                output.data()[target + i * LANES] = sums[sumsOffset + r * stride + i] * scales[scalesOffset + r];
            }
        }
    }

    @Override
    public void widen(byte[] source, int offset, float[] target, int targetOffset, int count) {
        for (int i = 0; i < count; i++) {
            target[targetOffset + i] = source[offset + i];
        }
    }

    @Override
    public void addIntegers(float[] numbers, int[] totals, int count, boolean replace) {
        for (int i = 0; i < count; i++) {
            totals[i] = (int) numbers[i] + (replace ? 0 : totals[i]);
        }
    }

    @Override
    public void storeTotals(
            int[] totals,
            int totalsOffset,
            float[] outputScales,
            int outputScalesOffset,
            float[] rowScales,
            int rowScalesOffset,
            float[] output,
            int outputOffset,
            int count) {
        for (int i = 0; i < count; i++) {
            for (int r = 0; r < LANES; r++) {
                output[outputOffset + i * LANES + r] = totals[totalsOffset + i * LANES + r]
                        * outputScales[outputScalesOffset + i]
                        * rowScales[rowScalesOffset + r];
            }
        }
    }

    /** What values are multiplied with; 0 for a row of zeros. */
    static float inverse(float maximum) {
        return maximum == 0f ? 0f : INT8_MAXIMUM / maximum;
    }

    private static int rounded(float value, float inverse) {
        return Float.floatToRawIntBits(value * inverse + ROUNDING);
    }

    /** Upper half of a float rounded to nearest, ties to even; NaN stays NaN. */
    static int bf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return bits >>> 16 | 0x40;
        }
        return bits + 0x7FFF + (bits >>> 16 & 1) >>> 16;
    }
}
