package io.promptmill.udf.engine;

import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RowError;

/**
 * How likely choices are as continuations of a prompt.
 *
 * @param logprobs natural logarithm of each choice's probability, in the order of the request: the sum over its tokens, each
 *     by the model's own distribution over the whole vocabulary; where a choice's tokens are the beginning of another
 *     one's, the end of the text after them counts as a token more. Null where {@code error} is set
 * @param promptTokens tokens of the prompt
 * @param choiceTokens tokens of choices that were computed besides it
 * @param error the reason where the choices could not be scored, else null
 * @param category of the error, or null
 * @param copied whether it was computed for an equal request
 */
public record ChoiceScores(
        double[] logprobs, int promptTokens, int choiceTokens, String error, ErrorCategory category, boolean copied)
        implements Result<ChoiceScores> {
    /** As the canonical one; an error is the input's. */
    public ChoiceScores(double[] logprobs, int promptTokens, int choiceTokens, String error, boolean copied) {
        this(logprobs, promptTokens, choiceTokens, error, error == null ? null : ErrorCategory.INPUT, copied);
    }

    /** A request that could not be served. */
    public static ChoiceScores failed(RowError error, int promptTokens) {
        return new ChoiceScores(null, promptTokens, 0, error.message(), error.category(), false);
    }

    /** A request that could not be served for what was asked. */
    public static ChoiceScores failed(String error, int promptTokens) {
        return failed(new RowError(ErrorCategory.INPUT, error), promptTokens);
    }

    /** The error with its category, or null. */
    public RowError rowError() {
        return error == null ? null : new RowError(category, error);
    }

    @Override
    public ChoiceScores copy() {
        return new ChoiceScores(logprobs, promptTokens, choiceTokens, error, category, true);
    }

    @Override
    public long bytes() {
        return logprobs == null ? 0 : (long) logprobs.length * Double.BYTES;
    }
}
