package io.promptmill.udf.tokenizer;

import java.util.Arrays;

/** A growing array of {@code int}. Not thread-safe. */
final class IntList {
    private int[] values;
    private int size;

    IntList(int capacity) {
        values = new int[Math.max(capacity, 8)];
    }

    void add(int value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, Math.addExact(size, size >> 1));
        }
        values[size++] = value;
    }

    void addAll(int[] more) {
        if (size + more.length > values.length) {
            values = Arrays.copyOf(values, Math.max(Math.addExact(size, size >> 1), size + more.length));
        }
        System.arraycopy(more, 0, values, size, more.length);
        size += more.length;
    }

    int get(int index) {
        return values[index];
    }

    void set(int index, int value) {
        values[index] = value;
    }

    int size() {
        return size;
    }

    void clear() {
        size = 0;
    }

    /** Drops the values from {@code length} on. */
    void truncate(int length) {
        size = length;
    }

    int[] toArray() {
        return Arrays.copyOf(values, size);
    }

    /** The values from {@code start} on. */
    int[] tail(int start) {
        return Arrays.copyOfRange(values, start, size);
    }
}
