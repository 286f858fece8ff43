package io.promptmill.udf.engine;

/**
 * What became of a request.
 *
 * @param text without stop texts and control tokens; null where {@code error} is set
 * @param error the reason where the request could not be completed, else null
 * @param details what was asked for besides the text
 * @param copied whether it was computed for an equal request; unlike the rest, this depends on what else the engine did
 */
public record Completion(
        String text,
        FinishReason finishReason,
        int promptTokens,
        int completionTokens,
        String error,
        CompletionDetails details,
        boolean copied)
        implements Result<Completion> {

    /** One that was computed for its own request, and has a text only. */
    public Completion(String text, FinishReason finishReason, int promptTokens, int completionTokens, String error) {
        this(text, finishReason, promptTokens, completionTokens, error, CompletionDetails.NONE, false);
    }

    /** A request that could not be completed. */
    public static Completion failed(String error, int promptTokens) {
        return new Completion(null, FinishReason.ERROR, promptTokens, 0, error);
    }

    @Override
    public Completion copy() {
        return new Completion(text, finishReason, promptTokens, completionTokens, error, details, true);
    }

    @Override
    public long bytes() {
        return (text == null ? 0 : (long) text.length() * Character.BYTES) + details.bytes();
    }
}
