package io.promptmill.udf.engine;

import io.promptmill.udf.sampler.SamplingParameters;

/**
 * One prompt to complete.
 *
 * @param rowId keys the row's random stream together with the seed; the same row must have the same id in every run
 * @param promptTokens token ids; ownership passes to the engine
 */
public record Request(String rowId, int[] promptTokens, SamplingParameters sampling) {}
