package io.promptmill.udf.engine;

import io.promptmill.udf.kernels.Precision;
import io.promptmill.udf.layers.KvCache;
import io.promptmill.udf.layers.KvPrecision;
import io.promptmill.udf.model.ModelRegistry;
import io.promptmill.udf.model.ModelShape;
import io.promptmill.udf.weights.ModelFile;
import java.nio.file.Path;

/**
 * What an engine takes of a process's memory, as far as model and settings say.
 *
 * @param precision of matrix products
 * @param packedWeightBytes weights packed for it: outside the heap with oneDNN, else on it; 0 where they stay in the file
 * @param mappedBytes of the file that are read while rows are computed; the system may drop these pages
 * @param context tokens of a sequence at most
 * @param contextBlocks KV blocks of such a sequence: an engine that cannot hold them does not start
 * @param blockBytes memory of a KV block, on the heap
 * @param kvCacheBytes as configured, 0: derived
 */
public record EngineMemory(
        String precision,
        long packedWeightBytes,
        long mappedBytes,
        int context,
        long contextBlocks,
        long blockBytes,
        long kvCacheBytes) {
    /** What a JVM takes outside its heap, the least that Spark takes it for. */
    public static final long JVM_BYTES = 384L << 20;

    /**
     * Share of the maximum heap that keys and values may take where no size is set. Taken from the maximum, not from what
     * happens to be free, so that equal executors take equal decisions; Spark's own memory finds room beside it.
     */
    private static final double KV_SHARE_OF_HEAP = 0.4;

    /**
     * Reads the header of a model.
     *
     * @throws io.promptmill.udf.error.ModelFileException where the model cannot be used
     */
    public static EngineMemory of(Path model, EngineConfig config) {
        try (ModelFile file = ModelFile.open(model)) {
            return of(file, ModelRegistry.shape(file), config);
        }
    }

    static EngineMemory of(ModelFile file, ModelShape shape, EngineConfig config) {
        Precision precision = PrecisionChoice.resolve(config.precision(), file);
        KvPrecision kvPrecision = PrecisionChoice.resolveKv(config.kvPrecision(), precision);
        int context =
                config.maxContext() == 0 ? shape.contextLength() : Math.min(config.maxContext(), shape.contextLength());
        return new EngineMemory(
                precision.label(),
                WeightMemory.packedBytes(file, precision),
                WeightMemory.mappedBytes(file, precision),
                context,
                (context + KvCache.BLOCK_TOKENS - 1L) / KvCache.BLOCK_TOKENS,
                shape.kvBytesPerBlock(kvPrecision),
                config.kvCacheBytes());
    }

    /** Keys and values of a sequence of the whole context. */
    public long contextBytes() {
        return contextBlocks * blockBytes;
    }

    /** Memory for keys and values in a heap of that size. */
    public long kvBytes(long heapBytes) {
        return kvCacheBytes == 0 ? (long) (KV_SHARE_OF_HEAP * heapBytes) : kvCacheBytes;
    }

    /** The most tokens of a sequence whose keys and values find room, in whole blocks. */
    public long affordableContext(long heapBytes) {
        return kvBytes(heapBytes) / blockBytes * KvCache.BLOCK_TOKENS;
    }

    /** Whether a sequence of the whole context finds room in a heap of that size. */
    public boolean holdsContext(long heapBytes) {
        return kvBytes(heapBytes) / blockBytes >= contextBlocks;
    }

    /** The heap from which on {@link #holdsContext} is true where no size is set. */
    public long leastHeapBytes() {
        return (long) Math.ceil(contextBytes() / KV_SHARE_OF_HEAP);
    }
}
