package io.promptmill.udf.tokenizer;

import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A hash map from non-negative {@code long} to non-negative {@code int} without boxing. The hash is seeded at random, so
 * that a hostile vocabulary cannot choose keys that collide. Safe for reading by many threads once filled.
 */
final class LongIntMap {
    static final int ABSENT = -1;

    private final long seed = ThreadLocalRandom.current().nextLong();
    private long[] keys;
    private int[] values;
    private int size;

    LongIntMap(int expected) {
        int capacity = Integer.highestOneBit(Math.max(16, expected) * 2 - 1) * 2;
        allocate(capacity);
    }

    int size() {
        return size;
    }

    /** The value of {@code key}, or {@link #ABSENT}. */
    int get(long key) {
        return values[slot(key)];
    }

    /** Adds a pair unless the key is there. */
    void putIfAbsent(long key, int value) {
        int slot = slot(key);
        if (values[slot] != ABSENT) {
            return;
        }
        keys[slot] = key;
        values[slot] = value;
        if (++size > keys.length / 2) {
            grow();
        }
    }

    private int slot(long key) {
        int mask = keys.length - 1;
        int slot = mix(key ^ seed) & mask;
        while (values[slot] != ABSENT && keys[slot] != key) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldValues = values;
        allocate(Math.multiplyExact(oldKeys.length, 2));
        for (int index = 0; index < oldKeys.length; index++) {
            if (oldValues[index] != ABSENT) {
                int slot = slot(oldKeys[index]);
                keys[slot] = oldKeys[index];
                values[slot] = oldValues[index];
            }
        }
    }

    private void allocate(int capacity) {
        keys = new long[capacity];
        values = new int[capacity];
        Arrays.fill(values, ABSENT);
    }

    /** The finalizer of MurmurHash3 (Austin Appleby, public domain), upper half. */
    private static int mix(long value) {
        long mixed = (value ^ value >>> 33) * 0xFF51AFD7ED558CCDL;
        mixed = (mixed ^ mixed >>> 33) * 0xC4CEB9FE1A85EC53L;
        return (int) (mixed >>> 32);
    }
}
