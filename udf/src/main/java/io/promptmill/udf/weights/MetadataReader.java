package io.promptmill.udf.weights;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads the key-value pairs of a GGUF header into the types that {@link Metadata} holds. Not thread-safe.
 *
 * <p>Text under {@code tokenizer.*} must be UTF-8, because a token that lost a byte would silently encode prompts
 * wrongly. Elsewhere (descriptions, authors, licences) stray bytes are replaced: nothing is computed from them.
 */
final class MetadataReader {
    /** Bytes of a key at most, by the specification. */
    static final int MAXIMUM_NAME_BYTES = 65_535;

    /** Real files have less than 200; the bound also keeps colliding hashes cheap in immutable maps. */
    private static final int MAXIMUM_KEYS = 1 << 13;

    /** Real files have up to a million: tokens, scores, types and merges. */
    private static final int MAXIMUM_ELEMENTS = 1 << 22;

    private static final int MAXIMUM_TEXT_BYTES = 1 << 24;
    private static final int LEAST_KEY_BYTES = 8 + 1 + 4 + 1;

    private static final int UINT8 = 0;
    private static final int INT8 = 1;
    private static final int UINT16 = 2;
    private static final int INT16 = 3;
    private static final int UINT32 = 4;
    private static final int INT32 = 5;
    private static final int FLOAT32 = 6;
    private static final int BOOL = 7;
    private static final int TEXT = 8;
    private static final int ARRAY = 9;
    private static final int UINT64 = 10;
    private static final int INT64 = 11;
    private static final int FLOAT64 = 12;

    private final HeaderCursor cursor;
    private int elementsLeft = MAXIMUM_ELEMENTS;

    MetadataReader(HeaderCursor cursor) {
        this.cursor = cursor;
    }

    /** Reads the number of keys; the pairs themselves follow only after other fields. */
    int readKeyCount() {
        return cursor.readCount("the number of keys", LEAST_KEY_BYTES, MAXIMUM_KEYS);
    }

    /** Reads {@code count} pairs, in file order. */
    Map<String, Object> readPairs(int count) {
        Map<String, Object> pairs = new LinkedHashMap<>();
        for (int index = 0; index < count; index++) {
            long at = cursor.position();
            String key = cursor.readText("key number " + (index + 1), MAXIMUM_NAME_BYTES, true);
            if (key.isEmpty()) {
                throw cursor.fault(at, "key number " + (index + 1) + " has no name");
            }
            if (pairs.containsKey(key)) {
                throw cursor.fault(at, "key " + Quoted.of(key) + " appears twice");
            }
            pairs.put(key, readValue(key));
        }
        return pairs;
    }

    private Object readValue(String key) {
        String what = "the value of key " + Quoted.of(key);
        long at = cursor.position();
        int type = cursor.readInt("the type of key " + Quoted.of(key));
        boolean strict = key.startsWith("tokenizer.");
        return switch (type) {
            case FLOAT32, FLOAT64 -> readReal(type, what);
            case BOOL -> readFlag(what);
            case TEXT -> cursor.readText(what, MAXIMUM_TEXT_BYTES, strict);
            case ARRAY -> readArray(key, strict);
            case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> readInteger(type, what);
            default -> throw cursor.fault(at, what + " is of unknown type " + Integer.toUnsignedString(type));
        };
    }

    private Object readArray(String key, boolean strict) {
        String what = "an element of key " + Quoted.of(key);
        long at = cursor.position();
        int type = cursor.readInt("the element type of key " + Quoted.of(key));
        int count =
                cursor.readCount("the length of the array of key " + Quoted.of(key), leastBytes(type), elementsLeft);
        elementsLeft -= count;
        switch (type) {
            case FLOAT32, FLOAT64 -> {
                double[] values = new double[count];
                for (int index = 0; index < count; index++) {
                    values[index] = readReal(type, what);
                }
                return values;
            }
            case BOOL -> {
                boolean[] values = new boolean[count];
                for (int index = 0; index < count; index++) {
                    values[index] = readFlag(what);
                }
                return values;
            }
            case TEXT -> {
                String[] values = new String[count];
                for (int index = 0; index < count; index++) {
                    values[index] = cursor.readText(what, MAXIMUM_TEXT_BYTES, strict);
                }
                return values;
            }
            case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> {
                long[] values = new long[count];
                for (int index = 0; index < count; index++) {
                    values[index] = readInteger(type, what);
                }
                return values;
            }
            case ARRAY ->
                throw cursor.fault(at, "key " + Quoted.of(key) + " holds arrays of arrays; no model needs them");
            default ->
                throw cursor.fault(
                        at,
                        "key " + Quoted.of(key) + " holds elements of unknown type " + Integer.toUnsignedString(type));
        }
    }

    private static int leastBytes(int type) {
        return switch (type) {
            case UINT16, INT16 -> 2;
            case UINT32, INT32, FLOAT32 -> 4;
            case UINT64, INT64, FLOAT64, TEXT -> 8;
            default -> 1;
        };
    }

    private long readInteger(int type, String what) {
        return switch (type) {
            case UINT8 -> cursor.readByte(what) & 0xFF;
            case INT8 -> cursor.readByte(what);
            case UINT16 -> cursor.readShort(what) & 0xFFFF;
            case INT16 -> cursor.readShort(what);
            case UINT32 -> Integer.toUnsignedLong(cursor.readInt(what));
            case INT32 -> cursor.readInt(what);
            case INT64 -> cursor.readLong(what);
            default -> readUnsignedLong(what);
        };
    }

    private long readUnsignedLong(String what) {
        long at = cursor.position();
        long value = cursor.readLong(what);
        if (value < 0) {
            throw cursor.fault(at, what + " is " + Long.toUnsignedString(value) + "; expected less than 2^63");
        }
        return value;
    }

    private double readReal(int type, String what) {
        return type == FLOAT32
                ? Float.intBitsToFloat(cursor.readInt(what))
                : Double.longBitsToDouble(cursor.readLong(what));
    }

    private boolean readFlag(String what) {
        long at = cursor.position();
        int value = cursor.readByte(what);
        if (value != 0 && value != 1) {
            throw cursor.fault(at, what + " is the byte " + (value & 0xFF) + "; expected 0 (false) or 1 (true)");
        }
        return value == 1;
    }
}
