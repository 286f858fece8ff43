package io.promptmill.udf.weights;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.tensor.BlockFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule that a file can break, one file each, and the words that name it. */
final class GgufRefusalTest {
    private static final long SIGN = Long.MIN_VALUE;

    @TempDir
    private Path folder;

    private static GgufWriter writer() {
        return new GgufWriter().put("general.architecture", "llama");
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int index = 0; index < values.length; index++) {
            bytes[index] = (byte) values[index];
        }
        return bytes;
    }

    private static byte[] number(long value) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    /** The file with {@code replacement} over its bytes from {@code offset}. */
    private static byte[] patched(GgufWriter writer, int offset, byte[] replacement) {
        byte[] file = writer.toBytes();
        System.arraycopy(replacement, 0, file, offset, replacement.length);
        return file;
    }

    static Stream<Arguments> liesInTheHeader() {
        return Stream.of(
                arguments("GGUF version 1; expected 2 or 3", writer().version(1).toBytes()),
                arguments("GGUF version 4; expected 2 or 3", writer().version(4).toBytes()),
                arguments("big-endian", writer().version(3 << 24).toBytes()),
                arguments("the number of tensors is 9223372036854775808", patched(writer(), 8, number(SIGN))),
                arguments("the number of tensors is 50", patched(writer(), 8, number(50))),
                arguments("the number of keys is 18446744073709551615", patched(writer(), 16, number(-1))),
                arguments("the length of key number 1 is 72057594037927936", patched(writer(), 24, number(1L << 56))),
                arguments("key number 2 has no name", writer().put("", 1).toBytes()),
                arguments(
                        "key number 2 is not valid UTF-8",
                        writer().rawPair(bytes('k', 0xC3), 4, bytes(0, 0, 0, 0)).toBytes()),
                arguments(
                        "key 'twice' appears twice",
                        writer().put("twice", 1).put("twice", 1).toBytes()),
                arguments(
                        "key 'a?b' is of unknown type 13",
                        writer().rawPair("a\nb", 13, new byte[8]).toBytes()),
                arguments(
                        "expected 0 (false) or 1 (true)",
                        writer().rawPair("k", 7, bytes(2)).toBytes()),
                arguments(
                        "key 'k' is 18446744073709551615; expected less than 2^63",
                        writer().rawPair("k", 10, number(-1)).toBytes()),
                arguments(
                        "the value of key 'tokenizer.x' is not valid UTF-8",
                        writer().rawPair("tokenizer.x", 8, bytes(1, 0, 0, 0, 0, 0, 0, 0, 0x80))
                                .toBytes()),
                arguments(
                        "an element of key 'tokenizer.x' is not valid UTF-8",
                        writer().rawArray("tokenizer.x", 8, 1, bytes(2, 0, 0, 0, 0, 0, 0, 0, 0xED, 0xA0))
                                .toBytes()),
                arguments(
                        "arrays of arrays",
                        writer().rawArray("k", 9, 1, new byte[12]).toBytes()),
                arguments(
                        "elements of unknown type 99",
                        writer().rawArray("k", 99, 1, new byte[8]).toBytes()),
                arguments(
                        "the length of the array of key 'k' is 4611686018427387904",
                        writer().rawArray("k", 8, 1L << 62, new byte[8]).toBytes()),
                arguments(
                        "key 'general.alignment' is 0",
                        writer().put("general.alignment", 0).toBytes()),
                arguments(
                        "expected a power of two",
                        writer().put("general.alignment", 48).toBytes()),
                arguments(
                        "expected an integer",
                        writer().put("general.alignment", "32").toBytes()));
    }

    static Stream<Arguments> liesAboutTensors() {
        byte[] data = new byte[64];
        return Stream.of(
                arguments(
                        "tensor number 1 has no name",
                        writer().tensor("", new float[1], 1).toBytes()),
                arguments(
                        "tensor 't' appears twice",
                        writer().tensor("t", new float[1], 1)
                                .tensor("t", new float[1], 1)
                                .toBytes()),
                arguments(
                        "'t' has 0 dimensions; expected 1 to 4",
                        writer().rawTensor("t", 0, 0).toBytes()),
                arguments(
                        "'t' has 5 dimensions",
                        writer().rawTensor("t", 0, 0, 1, 1, 1, 1, 1)
                                .rawData(data)
                                .toBytes()),
                arguments(
                        "a dimension of 0",
                        writer().rawTensor("t", 0, 0, 4, 0).rawData(data).toBytes()),
                arguments(
                        "a dimension of 18446744073709551615",
                        writer().rawTensor("t", 0, 0, -1, -1).rawData(data).toBytes()),
                arguments(
                        "'t' of shape [4294967296, 4294967296] in F32 is larger than the whole file",
                        writer().rawTensor("t", 0, 0, 1L << 32, 1L << 32)
                                .rawData(data)
                                .toBytes()),
                arguments(
                        "'t' is stored in block format 15 (Q8_K); expected one of F32, F16, Q4_0",
                        writer().rawTensor("t", 15, 0, 256).rawData(data).toBytes()),
                arguments(
                        "block format 4294967295 (unknown)",
                        writer().rawTensor("t", -1, 0, 1).rawData(data).toBytes()),
                arguments(
                        "has rows of 33 values; Q4_0 expects a multiple of 32",
                        writer().tensor("t", BlockFormat.Q4_0, data, 2, 33).toBytes()),
                arguments(
                        "begins at byte 4 of the data; expected a multiple of the alignment 32",
                        writer().rawTensor("t", 0, 4, 1).rawData(data).toBytes()),
                arguments(
                        "begins at byte 18446744073709551584 of the data",
                        writer().rawTensor("t", 0, -32, 8).rawData(data).toBytes()),
                arguments(
                        "'t' of 68 bytes begins at byte 0",
                        writer().rawTensor("t", 0, 0, 17).rawData(data).toBytes()),
                arguments(
                        "'t' of 4 bytes begins at byte 96",
                        writer().rawTensor("t", 0, 96, 1).rawData(data).toBytes()),
                arguments(
                        "tensor 'second' at byte",
                        writer().rawTensor("second", 0, 32, 1)
                                .rawTensor("first", 0, 0, 9)
                                .rawData(data)
                                .toBytes()));
    }

    static Stream<Arguments> otherFiles() {
        return Stream.of(
                arguments("the file is empty", ""),
                arguments("begins with 47 47", "GG"),
                arguments("Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"),
                arguments("web page", "\n<!DOCTYPE html><html>"),
                arguments("web page", "<html><body>404"),
                arguments("zip archive", "PK\u0003\u0004xxxxxxxx"),
                arguments("safetensors", "\u0010\0\0\0\0\0\0\0{\"a\":{}}"),
                arguments("older than GGUF", "tjgg\u0001\0\0\0"),
                arguments("compressed", "\u001F\u008B\u0008\0\0\0"),
                arguments("JSON", "{\"error\":\"Unauthorized\"}"),
                arguments("begins with 01 02 03 FF", "\u0001\u0002\u0003\u00FFabcd"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"liesInTheHeader", "liesAboutTensors"})
    void refusesLiesByName(String part, byte[] file) throws IOException {
        assertRefused(Files.write(folder.resolve("model.gguf"), file), part);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("otherFiles")
    void saysWhatAnotherFileLooksLike(String part, String content) throws IOException {
        Path path = folder.resolve("model.gguf");
        assertRefused(Files.write(path, content.getBytes(StandardCharsets.ISO_8859_1)), part);
    }

    @Test
    void refusesEveryTruncation() throws IOException {
        byte[] file = writer().put("tokenizer.ggml.tokens", new String[] {"a", "b"})
                .tensor("t", new float[8], 8)
                .toBytes();
        for (int length = 0; length < file.length; length++) {
            Path path = folder.resolve("cut-" + length + ".gguf");
            Files.write(path, Arrays.copyOf(file, length));
            assertThrows(ModelFileException.class, () -> GgufFile.open(path), () -> path + " must be refused");
        }
    }

    @Test
    void refusesArraysThatWouldFillTheHeap() throws IOException {
        int count = (1 << 22) + 1;
        Path path = writer().rawArray("k", 0, count, new byte[count]).writeTo(folder.resolve("array.gguf"));
        assertRefused(path, "the length of the array of key 'k' is " + count + "; expected at most " + (1 << 22));
    }

    @Test
    void refusesPathsThatAreNoFile() {
        assertRefused(folder.resolve("absent.gguf"), "no such file");
        assertRefused(folder, "is a directory");
    }

    private static void assertRefused(Path path, String part) {
        String message = assertThrows(ModelFileException.class, () -> GgufFile.open(path))
                .getMessage();
        assertTrue(message.contains(part), message);
        assertTrue(message.startsWith(path + ": "), message);
        assertFalse(message.contains("\n"), message);
    }
}
