package io.promptmill.udf.engine;

import io.promptmill.udf.sampler.SamplingParameters;

/**
 * One prompt to complete.
 *
 * @param rowId keys the row's random stream together with the seed; the same row must have the same id in every run
 * @param promptTokens token ids; ownership passes to the engine
 * @param adapter name of one of the engine's; null for none
 * @param options constraint, log-probabilities and the like
 */
public record Request(
        String rowId, int[] promptTokens, SamplingParameters sampling, String adapter, CompletionOptions options) {

    /** A text, and nothing else. */
    public Request(String rowId, int[] promptTokens, SamplingParameters sampling, String adapter) {
        this(rowId, promptTokens, sampling, adapter, CompletionOptions.DEFAULT);
    }

    /** By the model as it is. */
    public Request(String rowId, int[] promptTokens, SamplingParameters sampling) {
        this(rowId, promptTokens, sampling, null);
    }
}
