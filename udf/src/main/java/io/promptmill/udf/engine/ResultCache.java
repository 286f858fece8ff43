package io.promptmill.udf.engine;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** The results asked for last, within a number of bytes: the longest unused goes first. Not thread-safe. */
final class ResultCache {
    /** Objects and references of an entry besides its key. */
    private static final int FIXED_BYTES = 192;

    private final long maximumBytes;
    private final Map<ResultKey, Result<?>> entries = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    ResultCache(long maximumBytes) {
        this.maximumBytes = maximumBytes;
    }

    /** The result of that key, or null. */
    Result<?> get(ResultKey key) {
        return entries.get(key);
    }

    /** Keeps a result, where it is not larger than the whole. */
    void put(ResultKey key, Result<?> result) {
        long added = bytes(key, result);
        if (added > maximumBytes || entries.put(key, result) != null) {
            return;
        }
        bytes += added;
        Iterator<Map.Entry<ResultKey, Result<?>>> oldest = entries.entrySet().iterator();
        while (bytes > maximumBytes) {
            Map.Entry<ResultKey, Result<?>> entry = oldest.next();
            bytes -= bytes(entry.getKey(), entry.getValue());
            oldest.remove();
        }
    }

    int size() {
        return entries.size();
    }

    private static long bytes(ResultKey key, Result<?> result) {
        return FIXED_BYTES + key.bytes() + result.bytes();
    }
}
