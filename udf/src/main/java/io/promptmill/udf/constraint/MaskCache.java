package io.promptmill.udf.constraint;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** Masks that have been computed, within a bound of memory: past it, all are forgotten. Thread-safe. */
final class MaskCache {
    private static final long MAXIMUM_BYTES = 64L << 20;
    private static final int BYTES_OF_ENTRY = 200;

    /**
     * A mask, and the nodes of the trie at which it depends on more than its key.
     *
     * @param bits not to be changed
     */
    record Entry(long[] bits, int[] exits) {}

    private final ConcurrentHashMap<Object, Entry> entries = new ConcurrentHashMap<>();
    private final AtomicLong bytes = new AtomicLong();

    /** The entry of a key, computed where there is none; by two threads at once where both ask for it. */
    Entry get(Object key, Supplier<Entry> computation) {
        Entry known = entries.get(key);
        if (known != null) {
            return known;
        }
        Entry computed = computation.get();
        long size = BYTES_OF_ENTRY + 8L * computed.bits.length + 4L * computed.exits.length;
        if (bytes.addAndGet(size) > MAXIMUM_BYTES) {
            entries.clear();
            bytes.set(size);
        }
        Entry before = entries.putIfAbsent(key, computed);
        return before == null ? computed : before;
    }
}
