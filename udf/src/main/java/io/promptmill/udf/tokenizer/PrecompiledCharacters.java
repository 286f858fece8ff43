package io.promptmill.udf.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * SentencePiece's table of characters and what becomes of them: the size of a trie in bytes, the trie (a double array of
 * 32-bit units as Darts-clone writes it, https://github.com/s-yata/darts-clone), then the replacements, each ended by a
 * zero byte. Applied as Hugging Face's library does: to each user-perceived character of less than six bytes as a whole,
 * of which the shortest known beginning decides, else to its code points one by one. Immutable and thread-safe.
 */
final class PrecompiledCharacters implements TextNormalizer {
    private static final int MAXIMUM_CLUSTER_BYTES = 5;
    /** The longest that Unicode has takes 33. */
    private static final int MAXIMUM_REPLACEMENT_BYTES = 128;

    private static final int NONE = -1;

    private final int[] units;
    private final byte[] replacements;
    /** What becomes of each character of ASCII, null where it stays: most texts are made of them. */
    private final String[] ascii = new String[0x80];

    /**
     * @throws IllegalArgumentException where the table is cut off
     */
    PrecompiledCharacters(byte[] table) {
        ByteBuffer buffer = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
        long size = table.length < 4 ? -1 : buffer.getInt() & 0xFFFFFFFFL;
        if (size < 4 || size % 4 != 0 || size > buffer.remaining()) {
            throw new IllegalArgumentException("has " + table.length + " bytes and says that " + size
                    + " of them are a trie; expected a multiple of 4 that fits");
        }
        units = new int[(int) (size / 4)];
        buffer.asIntBuffer().get(units);
        replacements = Arrays.copyOfRange(table, 4 + (int) size, table.length);
        for (int value = 0; value < ascii.length; value++) {
            ascii[value] = replacement(new byte[] {(byte) value});
        }
    }

    @Override
    public String normalize(String text) {
        StringBuilder result = new StringBuilder(text.length());
        int start = 0;
        while (start < text.length()) {
            int end = Graphemes.end(text, start);
            boolean single = end == start + Character.charCount(text.codePointAt(start));
            if (single || !replaced(text, start, end, result)) {
                for (int index = start; index < end; ) {
                    int next = index + Character.charCount(text.codePointAt(index));
                    if (!replaced(text, index, next, result)) {
                        result.append(text, index, next);
                    }
                    index = next;
                }
            }
            start = end;
        }
        return result.toString();
    }

    private boolean replaced(String text, int start, int end, StringBuilder result) {
        if (end - start > MAXIMUM_CLUSTER_BYTES) {
            return false;
        }
        boolean single = end - start == 1 && text.charAt(start) < ascii.length;
        String replacement = single
                ? ascii[text.charAt(start)]
                : replacement(text.substring(start, end).getBytes(StandardCharsets.UTF_8));
        if (replacement != null) {
            result.append(replacement);
        }
        return replacement != null;
    }

    private String replacement(byte[] key) {
        int place = key.length > MAXIMUM_CLUSTER_BYTES ? NONE : find(key);
        if (place == NONE) {
            return null;
        }
        int last = place;
        while (last < replacements.length && replacements[last] != 0 && last - place < MAXIMUM_REPLACEMENT_BYTES) {
            last++;
        }
        return new String(replacements, place, last - place, StandardCharsets.UTF_8);
    }

    /** Where the replacement of the shortest known beginning of {@code key} starts. */
    private int find(byte[] key) {
        int position = offset(units[0]);
        for (byte value : key) {
            int label = value & 0xFF;
            position ^= label;
            if (label == 0 || position < 0 || position >= units.length || label(units[position]) != label) {
                return NONE;
            }
            int unit = units[position];
            position ^= offset(unit);
            boolean hasValue = (unit >>> 8 & 1) == 1;
            if (hasValue && position >= 0 && position < units.length) {
                int place = units[position] & 0x7FFFFFFF;
                return place < replacements.length ? place : NONE;
            }
        }
        return NONE;
    }

    private static int offset(int unit) {
        return unit >>> 10 << ((unit & 1 << 9) >>> 6);
    }

    /** The byte of a unit; more than a byte for one that holds a value. */
    private static int label(int unit) {
        return unit & (1 << 31 | 0xFF);
    }
}
