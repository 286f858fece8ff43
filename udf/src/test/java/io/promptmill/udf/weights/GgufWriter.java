package io.promptmill.udf.weights;

import io.promptmill.udf.tensor.BlockFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes small GGUF files for tests, honest ones with {@link #put} and {@link #tensor} and lying ones with the
 * {@code raw} methods. Pairs and tensors appear in the order in which they were added.
 */
public final class GgufWriter {
    private final List<byte[]> pairs = new ArrayList<>();
    private final List<byte[]> descriptions = new ArrayList<>();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private int version = 3;
    private int alignment = 32;

    public GgufWriter version(int newVersion) {
        version = newVersion;
        return this;
    }

    /** Aligns tensors to {@code bytes} and says so; to be called before the first tensor. */
    public GgufWriter alignment(int bytes) {
        alignment = bytes;
        return put("general.alignment", bytes);
    }

    /**
     * Adds a pair: {@code Integer} as uint32 (int32 where negative), {@code Long} as int64, {@code Float},
     * {@code Double}, {@code Boolean}, {@code String}, and arrays {@code byte[]} (uint8), {@code int[]} (int32),
     * {@code float[]}, {@code boolean[]}, {@code String[]}.
     */
    public GgufWriter put(String key, Object value) {
        if (value instanceof Integer integer) {
            return rawPair(key, integer < 0 ? 5 : 4, little(4).putInt(integer).array());
        } else if (value instanceof Long integer) {
            return rawPair(key, 11, little(8).putLong(integer).array());
        } else if (value instanceof Float real) {
            return rawPair(key, 6, little(4).putFloat(real).array());
        } else if (value instanceof Double real) {
            return rawPair(key, 12, little(8).putDouble(real).array());
        } else if (value instanceof Boolean flag) {
            return rawPair(key, 7, new byte[] {(byte) (flag ? 1 : 0)});
        } else if (value instanceof String text) {
            return rawPair(key, 8, text(text.getBytes(StandardCharsets.UTF_8)));
        } else if (value instanceof byte[] bytes) {
            return rawArray(key, 0, bytes.length, bytes);
        } else if (value instanceof int[] integers) {
            ByteBuffer elements = little(4 * integers.length);
            elements.asIntBuffer().put(integers);
            return rawArray(key, 5, integers.length, elements.array());
        } else if (value instanceof float[] reals) {
            return rawArray(key, 6, reals.length, bytes(reals));
        } else if (value instanceof boolean[] flags) {
            byte[] elements = new byte[flags.length];
            for (int index = 0; index < flags.length; index++) {
                elements[index] = (byte) (flags[index] ? 1 : 0);
            }
            return rawArray(key, 7, flags.length, elements);
        } else if (value instanceof String[] texts) {
            ByteArrayOutputStream elements = new ByteArrayOutputStream();
            for (String text : texts) {
                elements.writeBytes(text(text.getBytes(StandardCharsets.UTF_8)));
            }
            return rawArray(key, 8, texts.length, elements.toByteArray());
        }
        throw new IllegalArgumentException(key + ": " + value.getClass());
    }

    /** Adds an array pair whose count and elements may disagree. */
    public GgufWriter rawArray(String key, int elementType, long count, byte[] elements) {
        ByteBuffer value = little(12 + elements.length);
        value.putInt(elementType).putLong(count).put(elements);
        return rawPair(key, 9, value.array());
    }

    /** Adds a pair with any type id and value bytes. */
    public GgufWriter rawPair(String key, int type, byte[] value) {
        return rawPair(key.getBytes(StandardCharsets.UTF_8), type, value);
    }

    /** Adds a pair whose key is any bytes. */
    public GgufWriter rawPair(byte[] key, int type, byte[] value) {
        ByteBuffer pair = little(8 + key.length + 4 + value.length);
        pairs.add(pair.put(text(key)).putInt(type).put(value).array());
        return this;
    }

    /** Adds an F32 tensor; {@code shape} slowest-varying dimension first. */
    public GgufWriter tensor(String name, float[] values, long... shape) {
        return tensor(name, BlockFormat.F32, bytes(values), shape);
    }

    /** Adds a tensor of stored blocks; {@code shape} slowest-varying dimension first. */
    public GgufWriter tensor(String name, BlockFormat format, byte[] blocks, long... shape) {
        long[] dimensions = new long[shape.length];
        for (int index = 0; index < shape.length; index++) {
            dimensions[index] = shape[shape.length - 1 - index];
        }
        rawTensor(name, format.ggufId(), data.size(), dimensions);
        return rawData(blocks);
    }

    /** Describes a tensor without adding data; {@code dimensions} fastest-varying first, as the file has them. */
    public GgufWriter rawTensor(String name, int formatId, long offset, long... dimensions) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        ByteBuffer description = little(8 + bytes.length + 4 + 8 * dimensions.length + 4 + 8);
        description.put(text(bytes)).putInt(dimensions.length);
        for (long dimension : dimensions) {
            description.putLong(dimension);
        }
        descriptions.add(description.putInt(formatId).putLong(offset).array());
        return this;
    }

    /** Adds bytes to the data section, padded to the alignment. */
    public GgufWriter rawData(byte[] bytes) {
        data.writeBytes(bytes);
        pad(data);
        return this;
    }

    /** The file. */
    public byte[] toBytes() {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        file.writeBytes(little(20)
                .putInt(version)
                .putLong(descriptions.size())
                .putLong(pairs.size())
                .array());
        pairs.forEach(file::writeBytes);
        descriptions.forEach(file::writeBytes);
        pad(file);
        file.writeBytes(data.toByteArray());
        return file.toByteArray();
    }

    /** Writes the file to {@code path} and returns {@code path}. */
    public Path writeTo(Path path) {
        try {
            return Files.write(path, toBytes());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** {@code values} as they are stored in F32. */
    public static byte[] bytes(float... values) {
        ByteBuffer bytes = little(4 * values.length);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }

    private static byte[] text(byte[] bytes) {
        return little(8 + bytes.length).putLong(bytes.length).put(bytes).array();
    }

    private void pad(ByteArrayOutputStream bytes) {
        while (bytes.size() % alignment != 0) {
            bytes.write(0);
        }
    }

    private static ByteBuffer little(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }
}
