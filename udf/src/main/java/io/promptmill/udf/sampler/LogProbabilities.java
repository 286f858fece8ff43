package io.promptmill.udf.sampler;

import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.tensor.RowTiles;

/**
 * The log-probabilities of a row's tokens: {@code logit - log(sum of exp(logit))} over the vocabulary, summed in double
 * precision by ascending token id. Of one row at a time; not thread-safe.
 */
public final class LogProbabilities {
    private final int vocabularySize;
    private final float[] logits;
    private double normalizer;

    public LogProbabilities(int vocabularySize) {
        this.vocabularySize = vocabularySize;
        logits = new float[vocabularySize];
    }

    /**
     * Reads a row.
     *
     * @param rows {@code [rows x vocabulary]}
     * @throws RequestException where the logits are not numbers
     */
    public LogProbabilities read(RowTiles rows, int row) {
        rows.readRow(row, 0, vocabularySize, logits, 0);
        float maximum = Float.NEGATIVE_INFINITY;
        for (int token = 0; token < vocabularySize; token++) {
            maximum = Math.max(maximum, logits[token]);
        }
        double sum = 0;
        for (int token = 0; token < vocabularySize; token++) {
            sum += Math.exp((double) logits[token] - maximum);
        }
        normalizer = maximum + Math.log(sum);
        if (!Double.isFinite(normalizer)) {
            throw new RequestException(
                    ErrorCategory.MODEL,
                    "the model computed logits that are not finite numbers; its weights are damaged (NaN"
                            + " or infinite). Download the model again");
        }
        return this;
    }

    /** Natural logarithm of the token's probability. */
    public double of(int token) {
        return logits[token] - normalizer;
    }

    /** The {@code count} most likely tokens, the most likely first, the lower id first among equals. */
    public int[] largest(int count) {
        return Candidates.largest(logits, vocabularySize, Math.min(count, vocabularySize));
    }
}
