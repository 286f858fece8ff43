package io.promptmill.udf.weights;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.tensor.BlockFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Writes small safetensors files for tests: honest ones with {@link #tensor}, lying ones with {@link #file}. */
public final class SafetensorsWriter {
    private final Map<String, Object> header = new LinkedHashMap<>();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();

    public SafetensorsWriter() {
        header.put("__metadata__", Map.of("format", "pt"));
    }

    /** Adds a tensor of values in {@code format}, one of F32, F16 and BF16; low bits that do not fit are cut off. */
    public SafetensorsWriter tensor(String name, BlockFormat format, float[] values, List<Long> shape) {
        return tensor(name, format.name(), encode(format, values), shape);
    }

    /** Adds a tensor of any type. */
    public SafetensorsWriter tensor(String name, String type, byte[] bytes, List<Long> shape) {
        int begin = data.size();
        data.writeBytes(bytes);
        header.put(name, Map.of("dtype", type, "shape", shape, "data_offsets", List.of(begin, data.size())));
        return this;
    }

    /** Names of what has been added. */
    Set<String> names() {
        Set<String> names = new LinkedHashSet<>(header.keySet());
        names.remove("__metadata__");
        return names;
    }

    byte[] toBytes() {
        try {
            return file(new ObjectMapper().writeValueAsString(header), data.toByteArray());
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    Path writeTo(Path path) {
        return write(path, toBytes());
    }

    /** A file with that header, padded as the reference implementation does. */
    static byte[] file(String header, byte[] data) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        int padded = (json.length + 7) / 8 * 8;
        ByteBuffer bytes = ByteBuffer.allocate(8 + padded + data.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(padded).put(json);
        while (bytes.position() < 8 + padded) {
            bytes.put((byte) ' ');
        }
        return bytes.put(data).array();
    }

    static Path write(Path path, byte[] bytes) {
        try {
            return Files.write(path, bytes);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    static byte[] encode(BlockFormat format, float[] values) {
        ByteBuffer bytes =
                ByteBuffer.allocate(values.length * format.blockBytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            int bits = Float.floatToRawIntBits(value);
            switch (format) {
                case F32 -> bytes.putFloat(value);
                case BF16 -> bytes.putShort((short) (bits >>> 16));
                case F16 -> bytes.putShort((short) half(bits));
                default -> throw new IllegalArgumentException(format.name());
            }
        }
        return bytes.array();
    }

    /** Sign, exponent and ten bits of the fraction; what is too small for a half becomes 0. */
    private static int half(int bits) {
        int exponent = (bits >>> 23 & 0xFF) - 127 + 15;
        int sign = bits >>> 16 & 0x8000;
        if (exponent >= 31) {
            throw new IllegalArgumentException("too large for a half");
        }
        return exponent <= 0 ? sign : sign | exponent << 10 | bits >>> 13 & 0x3FF;
    }
}
