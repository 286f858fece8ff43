package io.promptmill.udf.engine;

/**
 * What became of a request.
 *
 * @param text without stop texts and control tokens; null where {@code error} is set
 * @param error the reason where the request could not be completed, else null
 */
public record Completion(String text, FinishReason finishReason, int promptTokens, int completionTokens, String error) {

    /** A request that could not be completed. */
    public static Completion failed(String error, int promptTokens) {
        return new Completion(null, FinishReason.ERROR, promptTokens, 0, error);
    }
}
