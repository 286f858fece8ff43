package io.promptmill.udf.tokenizer;

/**
 * Remembers the token ids of short words. Direct-mapped: one slot per hash value, the newest word wins, so its size is
 * fixed and nothing is ever searched. Threads share it without locks: an entry is immutable, and a reader that races
 * with a writer sees either the old entry or the new one whole (final fields, JLS 17.5).
 */
final class WordCache {
    /** Longer words are rare and would only fill memory. */
    private static final int MAXIMUM_LENGTH = 32;

    private static final int SLOTS = 1 << 15;

    private final Entry[] entries = new Entry[SLOTS];

    /** The ids of the word {@code [start, end)}, or null; callers must not change them. */
    int[] get(CodePoints text, int start, int end) {
        if (end - start > MAXIMUM_LENGTH) {
            return null;
        }
        Entry entry = entries[slot(text, start, end)];
        return entry != null && text.equals(start, end, entry.word) ? entry.ids : null;
    }

    void put(CodePoints text, int start, int end, int[] ids) {
        if (end - start <= MAXIMUM_LENGTH) {
            entries[slot(text, start, end)] = new Entry(text.copy(start, end), ids);
        }
    }

    private static int slot(CodePoints text, int start, int end) {
        return text.hash(start, end) & SLOTS - 1;
    }

    private static final class Entry {
        private final int[] word;
        private final int[] ids;

        Entry(int[] word, int[] ids) {
            this.word = word;
            this.ids = ids;
        }
    }
}
