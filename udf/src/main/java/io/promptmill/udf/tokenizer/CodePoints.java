package io.promptmill.udf.tokenizer;

import java.util.Arrays;

/**
 * A stretch of text as code points; a lone surrogate is read as U+FFFD. Not thread-safe: arrays are shared, not copied.
 */
final class CodePoints {
    static final int REPLACEMENT = 0xFFFD;

    private final int[] values;
    private final int length;

    private CodePoints(int[] values, int length) {
        this.values = values;
        this.length = length;
    }

    static CodePoints of(String text) {
        return of(text, 0, text.length());
    }

    /** The first {@code length} of {@code values}, which is not copied. */
    static CodePoints of(int[] values, int length) {
        return new CodePoints(values, length);
    }

    /** The characters {@code [start, end)} of {@code text}. */
    static CodePoints of(String text, int start, int end) {
        int[] values = new int[end - start];
        int length = 0;
        for (int index = start; index < end; index++) {
            char unit = text.charAt(index);
            if (!Character.isSurrogate(unit)) {
                values[length++] = unit;
            } else if (Character.isHighSurrogate(unit)
                    && index + 1 < end
                    && Character.isLowSurrogate(text.charAt(index + 1))) {
                values[length++] = Character.toCodePoint(unit, text.charAt(++index));
            } else {
                values[length++] = REPLACEMENT;
            }
        }
        return new CodePoints(values, length);
    }

    /** This text with {@code to} for every {@code from}, and one more {@code to} in front where asked for. */
    CodePoints replacing(int from, int to, boolean prefixed) {
        int shift = prefixed ? 1 : 0;
        int[] changed = new int[length + shift];
        if (prefixed) {
            changed[0] = to;
        }
        for (int index = 0; index < length; index++) {
            changed[index + shift] = values[index] == from ? to : values[index];
        }
        return new CodePoints(changed, changed.length);
    }

    int length() {
        return length;
    }

    int at(int index) {
        return values[index];
    }

    /** The {@link CharacterKind} bit of the code point at {@code index}. */
    int kind(int index) {
        return CharacterKind.of(values[index]);
    }

    int[] copy(int start, int end) {
        return Arrays.copyOfRange(values, start, end);
    }

    String text(int start, int end) {
        return new String(values, start, end - start);
    }

    void appendTo(StringBuilder text, int start, int end) {
        for (int index = start; index < end; index++) {
            text.appendCodePoint(values[index]);
        }
    }

    boolean equals(int start, int end, int[] other) {
        return Arrays.equals(values, start, end, other, 0, other.length);
    }

    int hash(int start, int end) {
        int hash = end - start;
        for (int index = start; index < end; index++) {
            hash = hash * 31 + values[index];
        }
        hash *= 0x9E3779B9;
        return hash ^ hash >>> 15;
    }

    byte[] utf8() {
        return utf8(0, length);
    }

    /** The UTF-8 bytes of {@code [start, end)}. */
    byte[] utf8(int start, int end) {
        byte[] bytes = new byte[Math.toIntExact(4L * (end - start))];
        int count = 0;
        for (int index = start; index < end; index++) {
            count = putUtf8(values[index], bytes, count);
        }
        return Arrays.copyOf(bytes, count);
    }

    private static int putUtf8(int codePoint, byte[] bytes, int offset) {
        int next = offset;
        if (codePoint < 0x80) {
            bytes[next++] = (byte) codePoint;
        } else if (codePoint < 0x800) {
            bytes[next++] = (byte) (0xC0 | codePoint >> 6);
            bytes[next++] = (byte) (0x80 | codePoint & 0x3F);
        } else if (codePoint < 0x10000) {
            bytes[next++] = (byte) (0xE0 | codePoint >> 12);
            bytes[next++] = (byte) (0x80 | codePoint >> 6 & 0x3F);
            bytes[next++] = (byte) (0x80 | codePoint & 0x3F);
        } else {
            bytes[next++] = (byte) (0xF0 | codePoint >> 18);
            bytes[next++] = (byte) (0x80 | codePoint >> 12 & 0x3F);
            bytes[next++] = (byte) (0x80 | codePoint >> 6 & 0x3F);
            bytes[next++] = (byte) (0x80 | codePoint & 0x3F);
        }
        return next;
    }
}
