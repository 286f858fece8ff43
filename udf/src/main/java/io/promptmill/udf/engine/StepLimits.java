package io.promptmill.udf.engine;

import io.promptmill.udf.layers.KvPrecision;
import io.promptmill.udf.model.ModelShape;
import io.promptmill.udf.tensor.RowTiles;

/**
 * How large a step may be. What the configuration leaves open is derived from the model, the threads and the maximum
 * heap: equal executors decide alike. No completion depends on it.
 *
 * @param batchTokens rows of a step at most
 * @param sequences that run at the same time at most; not more than {@code batchTokens}
 */
record StepLimits(int batchTokens, int sequences) {
    /** From here on products run at their full rate, because reading and decoding weights hardly counts. */
    private static final int LEAST_BATCH_TOKENS = 512;

    private static final int MOST_BATCH_TOKENS = 2048;
    /** A region of a step is cut into slices for all threads; each needs enough rows to outweigh its start. */
    private static final int BATCH_TOKENS_PER_THREAD = 128;

    /** Activations take at most this share of the heap, and the logits half of it. */
    private static final int HEAP_PER_ACTIVATIONS = 16;

    /** What rows of usual data sets take of the context: the default completion limit and as much prompt. */
    private static final int USUAL_TOKENS = 512;

    private static final int LEAST_SEQUENCES = 32;
    private static final int MOST_SEQUENCES = 512;

    /**
     * @param context tokens of a sequence at most
     * @param kvBytes memory for keys and values
     * @param heapBytes maximum heap
     */
    static StepLimits of(
            EngineConfig config,
            ModelShape shape,
            KvPrecision kvPrecision,
            int threads,
            int context,
            long kvBytes,
            long heapBytes) {
        int batchTokens =
                config.maxBatchTokens() > 0 ? config.maxBatchTokens() : batchTokens(shape, threads, heapBytes);
        int sequences = config.maxSequences() > 0
                ? config.maxSequences()
                : sequences(shape, shape.kvBytesPerToken(kvPrecision), context, kvBytes, heapBytes);
        return new StepLimits(batchTokens, Math.min(sequences, batchTokens));
    }

    private static int batchTokens(ModelShape shape, int threads, long heapBytes) {
        int wanted = Math.min(Math.max(LEAST_BATCH_TOKENS, threads * BATCH_TOKENS_PER_THREAD), MOST_BATCH_TOKENS);
        return wholeTiles(Math.min(
                wanted,
                (heapBytes / HEAP_PER_ACTIVATIONS - shape.activationBytesOfStep()) / shape.activationBytesPerRow()));
    }

    /** As many as find room for their keys and values with a usual length: more would only displace one another. */
    private static int sequences(ModelShape shape, long kvBytesPerToken, int context, long kvBytes, long heapBytes) {
        long perSequence = kvBytesPerToken * Math.min(context, USUAL_TOKENS);
        long wanted = Math.min(Math.max(LEAST_SEQUENCES, kvBytes / perSequence), MOST_SEQUENCES);
        return wholeTiles(Math.min(wanted, heapBytes / HEAP_PER_ACTIVATIONS / 2 / shape.activationBytesPerOutput()));
    }

    /** Rounds down to whole tiles of rows, which is what a step computes, but not to none. */
    private static int wholeTiles(long rows) {
        return (int) Math.max(1, rows / RowTiles.LANES) * RowTiles.LANES;
    }
}
