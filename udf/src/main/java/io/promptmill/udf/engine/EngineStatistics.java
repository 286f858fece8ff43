package io.promptmill.udf.engine;

/**
 * Counters of an engine since it was opened. Tokens are those of requests that were computed, not of their copies.
 *
 * @param cachedPromptTokens prompt tokens taken from the prefix cache instead of being computed
 * @param copiedRequests requests that got the completion of an equal one
 * @param preemptions sequences that lost their KV blocks and were computed again
 * @param decodedTokens completion tokens that came out of steps without any prompt token
 * @param prefillNanos wall time of steps in which any prompt token was computed
 * @param decodeNanos wall time of the other steps
 */
public record EngineStatistics(
        long promptTokens,
        long cachedPromptTokens,
        long completionTokens,
        long copiedRequests,
        long steps,
        long preemptions,
        long decodedTokens,
        long prefillNanos,
        long decodeNanos) {

    /** What has been counted after {@code earlier} was. */
    public EngineStatistics since(EngineStatistics earlier) {
        return new EngineStatistics(
                promptTokens - earlier.promptTokens,
                cachedPromptTokens - earlier.cachedPromptTokens,
                completionTokens - earlier.completionTokens,
                copiedRequests - earlier.copiedRequests,
                steps - earlier.steps,
                preemptions - earlier.preemptions,
                decodedTokens - earlier.decodedTokens,
                prefillNanos - earlier.prefillNanos,
                decodeNanos - earlier.decodeNanos);
    }
}
