package io.promptmill.udf.engine;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** The completions asked for last, within a number of bytes: the longest unused goes first. Not thread-safe. */
final class CompletionCache {
    /** Objects and references of an entry besides its key. */
    private static final int FIXED_BYTES = 192;

    private final long maximumBytes;
    private final Map<CompletionKey, Completion> entries = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    CompletionCache(long maximumBytes) {
        this.maximumBytes = maximumBytes;
    }

    /** The completion of that key, or null. */
    Completion get(CompletionKey key) {
        return entries.get(key);
    }

    /** Keeps a completion, where it is not larger than the whole. */
    void put(CompletionKey key, Completion completion) {
        long added = bytes(key, completion);
        if (added > maximumBytes || entries.put(key, completion) != null) {
            return;
        }
        bytes += added;
        Iterator<Map.Entry<CompletionKey, Completion>> oldest =
                entries.entrySet().iterator();
        while (bytes > maximumBytes) {
            Map.Entry<CompletionKey, Completion> entry = oldest.next();
            bytes -= bytes(entry.getKey(), entry.getValue());
            oldest.remove();
        }
    }

    int size() {
        return entries.size();
    }

    private static long bytes(CompletionKey key, Completion completion) {
        return FIXED_BYTES + key.bytes() + (long) completion.text().length() * Character.BYTES;
    }
}
