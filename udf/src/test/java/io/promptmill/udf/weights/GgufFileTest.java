package io.promptmill.udf.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.kernels.ScalarBlockDecoders;
import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.tensor.Matrix;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What honest files hold comes back as it was written. */
final class GgufFileTest {
    @TempDir
    private Path folder;

    private static GgufWriter sample() {
        return new GgufWriter()
                .put("general.architecture", "llama")
                .put("an.integer", 7)
                .put("a.negative", -7)
                .put("a.long", Long.MIN_VALUE)
                .put("a.float", 0.1f)
                .put("a.double", 0.1)
                .put("a.flag", true)
                .put("some.bytes", new byte[] {0, -1})
                .put("some.integers", new int[] {1, -2, 3})
                .put("some.floats", new float[] {0.5f, -1000f})
                .put("some.flags", new boolean[] {true, false})
                .put("tokenizer.ggml.tokens", new String[] {"", "a", "\u2581the", "\uD83D\uDE00", "\uFFFD"})
                .tensor("matrix", new float[] {1, 2, 3, 4, 5, 6}, 2, 3)
                .tensor("vector", new float[] {-1, Float.NaN, Float.POSITIVE_INFINITY}, 3)
                .tensor("cube", new float[8], 2, 2, 2)
                .tensor("halves", BlockFormat.F16, new byte[] {0, 0x3C, 0, (byte) 0xC0}, 2);
    }

    private static void checkSample(GgufFile file) {
        Metadata metadata = file.metadata();
        assertEquals("llama", metadata.requireText("general.architecture"));
        assertEquals(7, metadata.integer("an.integer").orElseThrow());
        assertEquals(-7, metadata.integer("a.negative").orElseThrow());
        assertEquals(Long.MIN_VALUE, metadata.integer("a.long").orElseThrow());
        assertEquals(0.1f, metadata.requireNumber("a.float"));
        assertEquals(0.1, metadata.requireNumber("a.double"));
        assertTrue(metadata.flag("a.flag").orElseThrow());
        assertArrayEquals(new long[] {0, 255}, metadata.integers("some.bytes").orElseThrow());
        assertArrayEquals(
                new long[] {1, -2, 3}, metadata.integers("some.integers").orElseThrow());
        assertArrayEquals(
                new double[] {0.5, -1000}, metadata.numbers("some.floats").orElseThrow());
        assertTrue(metadata.has("some.flags"));
        assertArrayEquals(
                new String[] {"", "a", "\u2581the", "\uD83D\uDE00", "\uFFFD"},
                metadata.texts("tokenizer.ggml.tokens").orElseThrow());

        assertEquals(
                List.of("matrix", "vector", "cube", "halves"),
                List.copyOf(file.tensors().keySet()));
        assertEquals(
                new TensorInfo("matrix", BlockFormat.F32, List.of(2L, 3L)),
                file.tensors().get("matrix"));
        assertEquals(List.of(2L, 2L, 2L), file.tensors().get("cube").shape());
        Matrix matrix = file.matrix("matrix", 2, 3);
        byte[] row = new byte[12];
        matrix.readBlocks(1, 0, 3, row, 0);
        assertArrayEquals(GgufWriter.bytes(4, 5, 6), row);
        assertArrayEquals(new float[] {-1, Float.NaN, Float.POSITIVE_INFINITY}, file.vector("vector", 3));
        assertArrayEquals(new float[] {1, -2}, file.vector("halves", 2));
        assertTrue(file.has("cube"));
        assertFalse(file.has("sphere"));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void readsBothVersions(int version) {
        try (GgufFile file = GgufFile.open(sample().version(version).writeTo(folder.resolve("model.gguf")))) {
            checkSample(file);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 61, 256, 4096})
    void readsAcrossWindowsOfTheMapping(int windowBytes) {
        try (GgufFile file = GgufFile.open(sample().writeTo(folder.resolve("model.gguf")), windowBytes)) {
            checkSample(file);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 64, 4096})
    void readsOtherAlignments(int alignment) {
        float[] values = {1, 2, 3};
        Path path = new GgufWriter()
                .alignment(alignment)
                .tensor("first", values, 3)
                .tensor("second", values, 3)
                .writeTo(folder.resolve("model.gguf"));
        try (GgufFile file = GgufFile.open(path)) {
            assertArrayEquals(values, file.vector("second", 3));
        }
    }

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void decodesVectorsLongerThanOneChunk(BlockFormat format) {
        int length = (1 << 15) + 256;
        byte[] blocks = new byte[(int) format.bytesOf(length)];
        new Random(1).nextBytes(blocks);
        float[] expected = new float[length];
        ScalarBlockDecoders.of(format).decode(blocks, 0, expected, 0, length);
        Path path = new GgufWriter().tensor("long", format, blocks, length).writeTo(folder.resolve("model.gguf"));
        try (GgufFile file = GgufFile.open(path)) {
            assertArrayEquals(expected, file.vector("long", length));
        }
    }

    @Test
    void readsTensorsBeyondFourGibibytes() throws IOException {
        long far = 5L << 30;
        Path path = folder.resolve("large.gguf");
        byte[] header = new GgufWriter()
                .rawTensor("near", 0, 0, 2)
                .rawTensor("far", 0, far, 2)
                .rawData(GgufWriter.bytes(1, 2))
                .toBytes();
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.write(header);
            // Data padded to 32 bytes is the end of the header's bytes.
            file.seek(header.length - 32 + far);
            file.write(GgufWriter.bytes(3, 4));
        }
        long begin = System.nanoTime();
        try (GgufFile file = GgufFile.open(path)) {
            assertTrue(System.nanoTime() - begin < 1_000_000_000L, "only the header is read");
            assertArrayEquals(new float[] {1, 2}, file.vector("near", 2));
            assertArrayEquals(new float[] {3, 4}, file.vector("far", 2));
        }
        Files.delete(path);
    }

    @Test
    void namesTensorsThatAreMissingOrOfAnotherShape() {
        try (GgufFile file = GgufFile.open(sample().writeTo(folder.resolve("model.gguf")))) {
            assertMessage(() -> file.matrix("lost", 2, 3), "tensor 'lost' of shape [2, 3] is missing");
            assertMessage(() -> file.matrix("matrix", 3, 2), "tensor 'matrix' has shape [2, 3]; expected [3, 2]");
            assertMessage(() -> file.vector("matrix", 6), "has shape [2, 3]; expected [6]");
            assertMessage(() -> file.vector("vector", 4), "has shape [3]; expected [4]");
            assertMessage(() -> file.matrix("cube", 4, 2), "has shape [2, 2, 2]; expected [4, 2]");
            assertMessage(() -> file.matrix("vector", -1, 3), "expected [-1, 3]");
        }
    }

    private static void assertMessage(Runnable action, String part) {
        String message = assertThrows(ModelFileException.class, action::run).getMessage();
        assertTrue(message.contains(part) && message.contains("model.gguf"), message);
    }

    @Test
    void refusesToReadAfterClosing() {
        GgufFile file = GgufFile.open(sample().writeTo(folder.resolve("model.gguf")));
        Matrix matrix = file.matrix("matrix", 2, 3);
        file.close();
        file.close();
        assertThrows(IllegalStateException.class, () -> matrix.readBlocks(0, 0, 3, new byte[12], 0));
        assertThrows(IllegalStateException.class, () -> file.vector("vector", 3));
    }

    @Test
    void replacesStrayBytesOutsideTheTokenizer() {
        byte[] value = {3, 0, 0, 0, 0, 0, 0, 0, 'a', (byte) 0xFF, 'b'};
        Path path = new GgufWriter().rawPair("general.author", 8, value).writeTo(folder.resolve("author.gguf"));
        try (GgufFile file = GgufFile.open(path)) {
            assertEquals("a\uFFFDb", file.metadata().requireText("general.author"));
        }
    }
}
