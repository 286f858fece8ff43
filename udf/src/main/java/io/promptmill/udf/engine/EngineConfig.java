package io.promptmill.udf.engine;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.layers.KvPrecision;
import java.io.Serializable;
import java.util.List;

/**
 * Settings of an engine. Immutable and thread-safe. Zero stands for "derive from machine and model" where said so.
 *
 * @param threads that compute; 0: the available processors
 * @param maxBatchTokens rows of a step at most, prompt and decode tokens together
 * @param maxSequences that run at the same time at most
 * @param maxContext tokens of prompt and completion of one sequence at most; 0: the model's context length
 * @param kvCacheBytes memory for keys and values; 0: two fifths of the maximum heap
 * @param prefixCache whether full KV blocks of earlier prompts are reused
 * @param precision {@code f32} or {@code auto}
 * @param kvPrecision of keys and values: {@code f32}, {@code f16}, or {@code auto}, which goes by {@code precision}
 */
public record EngineConfig(
        int threads,
        int maxBatchTokens,
        int maxSequences,
        int maxContext,
        long kvCacheBytes,
        boolean prefixCache,
        String precision,
        String kvPrecision)
        implements Serializable {

    public static final EngineConfig DEFAULT = new EngineConfig(0, 512, 256, 0, 0, true, "auto", "auto");

    public EngineConfig {
        check(threads >= 0 && threads <= 1024, "threads", threads, "0 (all processors) to 1024");
        check(maxBatchTokens >= 1 && maxBatchTokens <= 65536, "max_batch_tokens", maxBatchTokens, "1 to 65536");
        check(maxSequences >= 1 && maxSequences <= 65536, "max_sequences", maxSequences, "1 to 65536");
        check(maxContext >= 0, "max_context", maxContext, "0 (the model's) or more");
        check(kvCacheBytes >= 0, "kv_cache_bytes", kvCacheBytes, "0 (derived) or more");
        check("f32".equals(precision) || "auto".equals(precision), "precision", precision, "f32 or auto");
        check(List.of("f32", "f16", "auto").contains(kvPrecision), "kv_precision", kvPrecision, "f32, f16 or auto");
    }

    /** The precision that an engine of these settings computes in. */
    String resolvedPrecision() {
        return "f32";
    }

    /** How an engine of these settings stores keys and values. */
    KvPrecision resolvedKvPrecision() {
        return switch (kvPrecision) {
            case "f32" -> KvPrecision.F32;
            case "f16" -> KvPrecision.F16;
            default -> "f32".equals(resolvedPrecision()) ? KvPrecision.F32 : KvPrecision.F16;
        };
    }

    private static void check(boolean valid, String key, Object value, String expected) {
        if (!valid) {
            throw new ConfigException("engine." + key + " is " + value + "; expected " + expected);
        }
    }
}
