package io.promptmill.udf.engine;

import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RowError;

/**
 * What became of a request.
 *
 * @param text without stop texts and control tokens; null where {@code error} is set
 * @param error the reason where the request could not be completed, else null
 * @param category of the error, or null
 * @param details what was asked for besides the text
 * @param copied whether it was computed for an equal request; unlike the rest, this depends on what else the engine did
 */
public record Completion(
        String text,
        FinishReason finishReason,
        int promptTokens,
        int completionTokens,
        String error,
        ErrorCategory category,
        CompletionDetails details,
        boolean copied)
        implements Result<Completion> {

    /** One that was computed for its own request, and has a text only. */
    public Completion(String text, FinishReason finishReason, int promptTokens, int completionTokens, String error) {
        this(text, finishReason, promptTokens, completionTokens, error, CompletionDetails.NONE, false);
    }

    /** As the canonical one; an error is the input's. */
    public Completion(
            String text,
            FinishReason finishReason,
            int promptTokens,
            int completionTokens,
            String error,
            CompletionDetails details,
            boolean copied) {
        this(
                text,
                finishReason,
                promptTokens,
                completionTokens,
                error,
                error == null ? null : ErrorCategory.INPUT,
                details,
                copied);
    }

    /** A request that could not be completed. */
    public static Completion failed(RowError error, int promptTokens) {
        return new Completion(
                null,
                FinishReason.ERROR,
                promptTokens,
                0,
                error.message(),
                error.category(),
                CompletionDetails.NONE,
                false);
    }

    /** A request that could not be completed for what was asked. */
    public static Completion failed(String error, int promptTokens) {
        return failed(new RowError(ErrorCategory.INPUT, error), promptTokens);
    }

    /** The error with its category, or null. */
    public RowError rowError() {
        return error == null ? null : new RowError(category, error);
    }

    @Override
    public Completion copy() {
        return new Completion(text, finishReason, promptTokens, completionTokens, error, category, details, true);
    }

    @Override
    public long bytes() {
        return (text == null ? 0 : (long) text.length() * Character.BYTES) + details.bytes();
    }
}
