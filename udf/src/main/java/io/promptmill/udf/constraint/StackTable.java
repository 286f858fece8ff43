package io.promptmill.udf.constraint;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps one object for equal {@link Stacks}, as long as anybody holds it: what is done with a set never depends on what was
 * computed before. Thread-safe.
 */
final class StackTable {
    private static final class Entry extends WeakReference<Stacks> {
        private final int hash;

        Entry(Stacks stacks, ReferenceQueue<Stacks> queue) {
            super(stacks, queue);
            this.hash = stacks.hashCode();
        }

        @Override
        public boolean equals(Object other) {
            if (this == other) {
                return true;
            }
            Stacks stacks = get();
            return stacks != null && other instanceof Entry that && hash == that.hash && stacks.equals(that.get());
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    private final ConcurrentHashMap<Entry, Entry> entries = new ConcurrentHashMap<>();
    private final ReferenceQueue<Stacks> dropped = new ReferenceQueue<>();

    /** The object that stands for all that are equal to {@code fresh}. */
    Stacks shared(Stacks fresh) {
        for (Reference<? extends Stacks> entry = dropped.poll(); entry != null; entry = dropped.poll()) {
            entries.remove(entry);
        }
        Entry own = new Entry(fresh, dropped);
        while (true) {
            Entry before = entries.putIfAbsent(own, own);
            Stacks known = before == null ? fresh : before.get();
            if (known != null) {
                return known;
            }
            entries.remove(before, before);
        }
    }
}
