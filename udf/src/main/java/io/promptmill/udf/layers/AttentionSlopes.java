package io.promptmill.udf.layers;

/** The slopes of attention with linear biases (Press et al. 2021, arXiv:2108.12409). */
public final class AttentionSlopes {
    private AttentionSlopes() {}

    /**
     * A geometric sequence from {@code 2^(-largestBias / n)} for the largest power of two n up to {@code heads}; the heads
     * beyond take every other one of the sequence for 2n.
     *
     * @param largestBias usually 8
     */
    public static float[] of(int heads, float largestBias) {
        int power = Integer.highestOneBit(heads);
        float[] slopes = new float[heads];
        for (int head = 0; head < heads; head++) {
            double exponent = head < power
                    ? largestBias / power * (head + 1)
                    : largestBias / 2 / power * (2 * (head - power) + 1);
            slopes[head] = (float) StrictMath.pow(2, -exponent);
        }
        return slopes;
    }
}
