package io.promptmill.udf.engine;

import io.promptmill.udf.error.ConfigException;
import java.io.Serializable;

/**
 * Settings of an engine. Immutable and thread-safe. Zero stands for "derive from machine and model" where said so.
 *
 * @param threads that compute; 0: the available processors
 * @param maxBatchTokens rows of a step at most, prompt and decode tokens together; 0: see {@link StepLimits}
 * @param maxSequences that run at the same time at most; 0: see {@link StepLimits}
 * @param maxContext tokens of prompt and completion of one sequence at most; 0: the model's context length
 * @param kvCacheBytes memory for keys and values; 0: two fifths of the maximum heap
 * @param prefixCache whether full KV blocks of earlier prompts are reused
 * @param precision {@code f32}, {@code bf16}, {@code int8}, or {@code auto}: by the model file
 * @param kvPrecision of keys and values: {@code f32}, {@code f16}, or {@code auto}, which goes by {@code precision}
 * @param rowSeconds that a request may take from its first step on; 0: any
 */
public record EngineConfig(
        int threads,
        int maxBatchTokens,
        int maxSequences,
        int maxContext,
        long kvCacheBytes,
        boolean prefixCache,
        String precision,
        String kvPrecision,
        int rowSeconds)
        implements Serializable {

    public static final EngineConfig DEFAULT = new EngineConfig(0, 0, 0, 0, 0, true, "auto", "auto");

    /** One that gives requests any time. */
    public EngineConfig(
            int threads,
            int maxBatchTokens,
            int maxSequences,
            int maxContext,
            long kvCacheBytes,
            boolean prefixCache,
            String precision,
            String kvPrecision) {
        this(threads, maxBatchTokens, maxSequences, maxContext, kvCacheBytes, prefixCache, precision, kvPrecision, 0);
    }

    public EngineConfig {
        check(threads >= 0 && threads <= 1024, "threads", threads, "0 (all processors) to 1024");
        check(
                maxBatchTokens >= 0 && maxBatchTokens <= 65536,
                "max_batch_tokens",
                maxBatchTokens,
                "0 (derived) to 65536");
        check(maxSequences >= 0 && maxSequences <= 65536, "max_sequences", maxSequences, "0 (derived) to 65536");
        check(maxContext >= 0, "max_context", maxContext, "0 (the model's) or more");
        check(kvCacheBytes >= 0, "kv_cache_bytes", kvCacheBytes, "0 (derived) or more");
        check(
                PrecisionChoice.SETTINGS.contains(precision),
                "precision",
                precision,
                "one of " + String.join(", ", PrecisionChoice.SETTINGS));
        check(
                PrecisionChoice.KV_SETTINGS.contains(kvPrecision),
                "kv_precision",
                kvPrecision,
                "one of " + String.join(", ", PrecisionChoice.KV_SETTINGS));
        check(rowSeconds >= 0, "row_seconds", rowSeconds, "0 (any time) or more");
    }

    public EngineConfig withThreads(int newThreads) {
        return new EngineConfig(
                newThreads,
                maxBatchTokens,
                maxSequences,
                maxContext,
                kvCacheBytes,
                prefixCache,
                precision,
                kvPrecision,
                rowSeconds);
    }

    private static void check(boolean valid, String key, Object value, String expected) {
        if (!valid) {
            throw new ConfigException("engine." + key + " is " + value + "; expected " + expected);
        }
    }
}
