package io.promptmill.udf.layers;

import java.util.Arrays;

/**
 * How a rotary position embedding turns.
 *
 * @param frequencies radians per position of each pair, {@code [pairs]}
 * @param amplitude by which sines and cosines are multiplied
 */
public record RopeAngles(double[] frequencies, float amplitude) {

    /** The frequencies {@code base^(-2i / dimensions)} for {@code dimensions / 2} pairs (Su et al. 2021, arXiv:2104.09864). */
    public static RopeAngles of(int dimensions, double base) {
        double[] frequencies = new double[dimensions / 2];
        Arrays.setAll(frequencies, i -> StrictMath.pow(base, -2.0 * i / dimensions));
        return new RopeAngles(frequencies, 1f);
    }

    /** Slower by a factor, of each pair its own. */
    public RopeAngles dividedBy(float[] factors) {
        double[] slower = frequencies.clone();
        for (int i = 0; i < slower.length; i++) {
            slower[i] /= factors[i];
        }
        return new RopeAngles(slower, amplitude);
    }

    /** Slower by a factor (Chen et al. 2023, arXiv:2306.15595). */
    public RopeAngles dividedBy(double factor) {
        return new RopeAngles(Arrays.stream(frequencies).map(f -> f / factor).toArray(), amplitude);
    }

    public RopeAngles withAmplitude(float newAmplitude) {
        return new RopeAngles(frequencies, newAmplitude);
    }

    /**
     * YaRN (Peng et al. 2023, arXiv:2309.00071): pairs that turn often in the original context keep their frequency, those
     * that hardly turn are slowed down by the whole factor, those between by a part of it.
     *
     * @param base of the frequencies
     * @param originalContext positions that the model was first trained with
     * @param fastTurns turns in that context from which on a pair is left alone
     * @param slowTurns turns up to which it is slowed down wholly
     */
    public RopeAngles yarn(double base, double factor, int originalContext, double fastTurns, double slowTurns) {
        int dimensions = 2 * frequencies.length;
        double low = Math.max(0, Math.floor(pairOfTurns(dimensions, base, originalContext, fastTurns)));
        double high = Math.min(dimensions - 1, Math.ceil(pairOfTurns(dimensions, base, originalContext, slowTurns)));
        double[] mixed = frequencies.clone();
        for (int i = 0; i < mixed.length; i++) {
            double ramp = Math.min(1, Math.max(0, (i - low) / Math.max(0.001, high - low)));
            mixed[i] *= 1 - ramp + ramp / factor;
        }
        return new RopeAngles(mixed, amplitude);
    }

    /** The pair, not rounded, that makes so many turns in the original context. */
    private static double pairOfTurns(int dimensions, double base, int originalContext, double turns) {
        return dimensions * StrictMath.log(originalContext / (turns * 2 * Math.PI)) / (2 * StrictMath.log(base));
    }
}
