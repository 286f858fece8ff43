package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.tensor.ByteStorage;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads the little-endian numbers and texts of a header one after another. No length that the file claims is believed
 * before it has been compared with the bytes that are left, so that nothing is allocated for a lie. Not thread-safe.
 */
final class HeaderCursor {
    /** A header is far smaller than this (vocabularies take a few MiB); what claims more is hostile. */
    static final long MAXIMUM_HEADER_BYTES = 64L << 20;

    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final char REPLACEMENT = '\uFFFD';

    private final String source;
    private final ByteStorage storage;
    private final long limit;
    private final byte[] buffer = new byte[1 << 16];
    private long position;
    private int begin;
    private int end;

    /**
     * @param source name of the file for messages
     */
    HeaderCursor(String source, ByteStorage storage) {
        this.source = source;
        this.storage = storage;
        this.limit = Math.min(storage.size(), MAXIMUM_HEADER_BYTES);
    }

    /** Offset of the next byte, from the start of the file. */
    long position() {
        return position;
    }

    /** Bytes that a header may still take. */
    long remaining() {
        return limit - position;
    }

    int readByte(String what) {
        require(1, what);
        position++;
        return buffer[begin++];
    }

    int readShort(String what) {
        int low = readByte(what) & 0xFF;
        return readByte(what) << 8 | low;
    }

    int readInt(String what) {
        require(Integer.BYTES, what);
        int value = (int) INTS.get(buffer, begin);
        begin += Integer.BYTES;
        position += Integer.BYTES;
        return value;
    }

    long readLong(String what) {
        require(Long.BYTES, what);
        long value = (long) LONGS.get(buffer, begin);
        begin += Long.BYTES;
        position += Long.BYTES;
        return value;
    }

    /**
     * Reads how many things follow.
     *
     * @param leastBytes bytes that each of them takes at least
     * @param most the largest number that makes sense
     */
    int readCount(String what, int leastBytes, int most) {
        long at = position;
        long count = readLong(what);
        if (Long.compareUnsigned(count, remaining() / leastBytes) > 0) {
            throw fault(
                    at,
                    what + " is " + Long.toUnsignedString(count) + ", but only " + remaining()
                            + " bytes follow that a header could use");
        }
        if (count > most) {
            throw fault(at, what + " is " + count + "; expected at most " + most);
        }
        return (int) count;
    }

    /**
     * Reads a text with its length before it.
     *
     * @param strict whether bytes that are not UTF-8 are refused; otherwise they become U+FFFD
     */
    String readText(String what, int mostBytes, boolean strict) {
        long at = position;
        int length = readCount("the length of " + what, 1, mostBytes);
        byte[] bytes = new byte[length];
        int buffered = Math.min(length, end - begin);
        System.arraycopy(buffer, begin, bytes, 0, buffered);
        begin += buffered;
        if (buffered < length) {
            storage.read(position + buffered, bytes, buffered, length - buffered);
        }
        position += length;
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (strict && text.indexOf(REPLACEMENT) >= 0 && !isUtf8(text, bytes)) {
            throw fault(at, what + " is not valid UTF-8");
        }
        return text;
    }

    /** An exception that names the file and the byte offset. */
    ModelFileException fault(long offset, String problem) {
        return new ModelFileException(source + ": at byte " + offset + ": " + problem
                + ". The file is damaged; download it again or convert the model anew");
    }

    /** A text in which malformed bytes were replaced encodes to other bytes than it came from. */
    private static boolean isUtf8(String text, byte[] bytes) {
        return Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes);
    }

    private void require(int bytes, String what) {
        if (remaining() < bytes) {
            String reason = limit < storage.size()
                    ? "the header is longer than " + limit + " bytes, more than any model needs"
                    : "the file ends after " + limit + " bytes";
            throw fault(position, reason + ", within " + what);
        }
        if (end - begin < bytes) {
            begin = 0;
            end = (int) Math.min(buffer.length, remaining());
            storage.read(position, buffer, 0, end);
        }
    }
}
