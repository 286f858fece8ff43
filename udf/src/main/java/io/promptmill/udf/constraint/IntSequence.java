package io.promptmill.udf.constraint;

import java.util.Arrays;

/** A growing array of {@code int}. Not thread-safe. */
final class IntSequence {
    private int[] values = new int[16];
    private int size;

    void add(int value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, Math.addExact(size, size));
        }
        values[size++] = value;
    }

    int size() {
        return size;
    }

    int[] toArray() {
        return Arrays.copyOf(values, size);
    }
}
