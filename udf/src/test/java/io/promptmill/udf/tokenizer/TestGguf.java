package io.promptmill.udf.tokenizer;

import io.promptmill.udf.weights.Metadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Reads the key-value pairs of a well-formed GGUF file, version 2 or 3. */
final class TestGguf {
    private final ByteBuffer data;

    private TestGguf(ByteBuffer data) {
        this.data = data;
    }

    static Metadata metadata(Path file) throws IOException {
        ByteBuffer data = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        return new Metadata(file.toString(), new TestGguf(data).pairs());
    }

    private Map<String, Object> pairs() {
        data.position(16);
        long count = data.getLong();
        Map<String, Object> pairs = new HashMap<>();
        for (long index = 0; index < count; index++) {
            String key = text();
            pairs.put(key, value(data.getInt()));
        }
        return pairs;
    }

    private String text() {
        byte[] bytes = new byte[Math.toIntExact(data.getLong())];
        data.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private Object value(int type) {
        return switch (type) {
            case 0 -> (long) (data.get() & 0xFF);
            case 1 -> (long) data.get();
            case 2 -> (long) (data.getShort() & 0xFFFF);
            case 3 -> (long) data.getShort();
            case 4 -> data.getInt() & 0xFFFFFFFFL;
            case 5 -> (long) data.getInt();
            case 6 -> (double) data.getFloat();
            case 7 -> data.get() != 0;
            case 8 -> text();
            case 9 -> array(data.getInt(), Math.toIntExact(data.getLong()));
            case 10, 11 -> data.getLong();
            case 12 -> data.getDouble();
            default -> throw new IllegalArgumentException("type " + type);
        };
    }

    private Object array(int type, int count) {
        Object[] values = new Object[count];
        for (int index = 0; index < count; index++) {
            values[index] = value(type);
        }
        if (type == 8) {
            return Arrays.copyOf(values, count, String[].class);
        }
        if (type == 6 || type == 12) {
            return Arrays.stream(values).mapToDouble(value -> (Double) value).toArray();
        }
        if (type == 7) {
            boolean[] flags = new boolean[count];
            for (int index = 0; index < count; index++) {
                flags[index] = (Boolean) values[index];
            }
            return flags;
        }
        return Arrays.stream(values).mapToLong(value -> (Long) value).toArray();
    }
}
