package io.promptmill.udf.spark;

import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RequestException;
import java.util.Arrays;

/** From the log-probabilities that a model gives texts to the probabilities of choices. Stateless. */
final class ChoiceProbabilities {
    private ChoiceProbabilities() {}

    /**
     * Probabilities of choices of which exactly one is right: each one's share of what the model gives all of them.
     *
     * @param logprobs natural logarithms, not all of them minus infinity
     * @return they sum to 1, up to rounding in double
     * @throws RequestException where the logarithms tell nothing
     */
    static double[] of(double[] logprobs) {
        double most = Arrays.stream(logprobs).max().orElse(Double.NaN);
        if (!Double.isFinite(most) || Arrays.stream(logprobs).anyMatch(Double::isNaN)) {
            throw new RequestException(
                    ErrorCategory.MODEL,
                    "the model gives the choices no probability; their logarithms are "
                            + Arrays.toString(Arrays.copyOf(logprobs, Math.min(logprobs.length, 8))));
        }
        double[] shares =
                Arrays.stream(logprobs).map(logprob -> Math.exp(logprob - most)).toArray();
        double sum = Arrays.stream(shares).sum();
        return Arrays.stream(shares).map(share -> share / sum).toArray();
    }

    /**
     * The same after contextual calibration: divided by the probabilities for content-free text and normalised again, which
     * takes away what the prompt alone makes likely (Zhao et al., "Calibrate Before Use", 2021, section 5).
     *
     * @param contentFree logarithms for the same choices, in the same order
     * @throws RequestException where the logarithms tell nothing
     */
    static double[] calibrated(double[] logprobs, double[] contentFree) {
        double[] differences = new double[logprobs.length];
        for (int i = 0; i < logprobs.length; i++) {
            if (!Double.isFinite(contentFree[i])) {
                throw new RequestException(
                        ErrorCategory.MODEL,
                        "the model gives a choice no probability after content-free text; its" + " logarithm is "
                                + contentFree[i]);
            }
            differences[i] = logprobs[i] - contentFree[i];
        }
        return of(differences);
    }

    /** The most probable; of equal ones the first. */
    static int best(double[] probabilities) {
        int best = 0;
        for (int i = 1; i < probabilities.length; i++) {
            if (probabilities[i] > probabilities[best]) {
                best = i;
            }
        }
        return best;
    }

    /** By how much the most probable leads the second; 1 where it is alone. */
    static double margin(double[] probabilities) {
        if (probabilities.length == 1) {
            return 1;
        }
        double[] sorted = probabilities.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length - 1] - sorted[sorted.length - 2];
    }
}
