package io.promptmill.udf.engine;

import io.promptmill.udf.error.ConfigException;

/**
 * The part of the maximum heap that a process can fill before its memory's limit is reached or its weights are displaced:
 * the JVM does not know of what lies beside its heap.
 *
 * @param limit of the process's memory
 * @param maximumHeap that the JVM allows
 * @param outsideBytes weights packed outside the heap
 * @param insideBytes weights packed on it
 */
record HeapRoom(MemoryLimit limit, long maximumHeap, long outsideBytes, long insideBytes) {
    /** Less than any JVM with an engine takes beside the weights, heap and all. */
    private static final long LEAST_JVM_BYTES = 64L << 20;

    /** Bytes of the heap for everything but weights; 0 where they leave none. */
    long bytes() {
        long beside = Math.min(maximumHeap, limit.bytes() - outsideBytes - EngineMemory.JVM_BYTES);
        return Math.max(0, beside - insideBytes);
    }

    /** Whether the limit takes more of the heap than is worth no word. */
    boolean isLimited() {
        return bytes() < maximumHeap - insideBytes - maximumHeap / 16;
    }

    /** What the limit would have to be for the whole heap to be of use. */
    long wantedLimit() {
        return maximumHeap + outsideBytes + EngineMemory.JVM_BYTES;
    }

    /**
     * @param weights how they are named in a message
     * @throws ConfigException where not even they fit
     */
    void requireWeights(String weights) {
        if (insideBytes >= maximumHeap) {
            throw new ConfigException(weights + " take " + mebibytes(insideBytes)
                    + " of the heap, because oneDNN is not used here, and the heap has " + mebibytes(maximumHeap)
                    + ". Raise spark.executor.memory (-Xmx) to at least "
                    + mebibytes(insideBytes + insideBytes / 2) + ", or use a smaller model");
        }
        if (outsideBytes + LEAST_JVM_BYTES - limit.swapBytes() > limit.bytes()) {
            throw new ConfigException(weights + " take " + mebibytes(outsideBytes)
                    + " outside the heap, and this process may take " + mebibytes(limit.bytes()) + " in all ("
                    + limit.source() + "). Raise spark.executor.memoryOverhead by at least "
                    + mebibytes(wantedLimit() - limit.bytes()) + ", or the memory of machine or container to "
                    + mebibytes(wantedLimit()) + " for a heap of " + mebibytes(maximumHeap)
                    + ", or use a smaller model");
        }
    }

    static String mebibytes(long bytes) {
        return (bytes + (1 << 20) - 1 >> 20) + " MiB";
    }
}
