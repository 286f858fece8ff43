package io.promptmill.udf.engine;

/**
 * Counters of an engine since it was opened.
 *
 * @param cachedPromptTokens prompt tokens taken from the prefix cache instead of being computed
 * @param preemptions sequences that lost their KV blocks and were computed again
 * @param decodedTokens completion tokens that came out of steps without any prompt token
 * @param prefillNanos wall time of steps in which any prompt token was computed
 * @param decodeNanos wall time of the other steps
 */
public record EngineStatistics(
        long promptTokens,
        long cachedPromptTokens,
        long completionTokens,
        long steps,
        long preemptions,
        long decodedTokens,
        long prefillNanos,
        long decodeNanos) {}
