package io.promptmill.udf.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models in several files. */
final class GgufSplitTest {
    @TempDir
    private Path folder;

    private Path name(int number) {
        return folder.resolve("tiny-0000" + number + "-of-00003.gguf");
    }

    private static GgufWriter part(int index, int count) {
        return new GgufWriter().put("split.no", index).put("split.count", count).put("split.tensors.count", 3);
    }

    @BeforeEach
    void writeParts() {
        part(0, 3)
                .put("general.architecture", "llama")
                .tensor("a", new float[] {1}, 1)
                .writeTo(name(1));
        part(1, 3).tensor("b", new float[] {2}, 1).writeTo(name(2));
        part(2, 3).tensor("c", new float[] {3}, 1).writeTo(name(3));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void opensAllPartsFromAny(int number) {
        try (GgufFile file = GgufFile.open(name(number))) {
            assertEquals("llama", file.metadata().requireText("general.architecture"));
            assertEquals(List.of("a", "b", "c"), List.copyOf(file.tensors().keySet()));
            assertArrayEquals(new float[] {1}, file.vector("a", 1));
            assertArrayEquals(new float[] {2}, file.vector("b", 1));
            assertArrayEquals(new float[] {3}, file.vector("c", 1));
        }
    }

    @Test
    void namesAMissingPart() throws IOException {
        Files.delete(name(2));
        assertRefused(name(1), "tiny-00002-of-00003.gguf: no such file");
    }

    @Test
    void refusesARenamedPart() throws IOException {
        Path renamed = Files.move(name(1), folder.resolve("model.gguf"));
        assertRefused(renamed, "expected a name that ends in -00001-of-00003.gguf");
    }

    @Test
    void refusesAPartThatSaysItIsAnother() {
        part(1, 3).tensor("c", new float[] {3}, 1).writeTo(name(3));
        assertRefused(name(1), "says that it is part 2 of 3; expected part 3 of 3");
        new GgufWriter().tensor("c", new float[] {3}, 1).writeTo(name(3));
        assertRefused(name(1), "says that it is part 1 of 1; expected part 3 of 3");
    }

    @Test
    void refusesATensorInTwoParts() {
        part(2, 3).tensor("a", new float[] {3}, 1).writeTo(name(3));
        assertRefused(name(1), "tensor 'a' is in an earlier part as well");
    }

    @Test
    void refusesPartsThatHoldTooFewTensors() {
        part(2, 3).writeTo(name(3));
        assertRefused(name(1), "key 'split.tensors.count' is 3, but the 3 parts hold 2 tensors");
    }

    @Test
    void refusesNumbersOutOfRange() {
        part(3, 3).writeTo(name(1));
        assertRefused(name(1), "key 'split.no' is 3; expected 0 to 2");
        part(0, 1 << 20).writeTo(name(1));
        assertRefused(name(1), "key 'split.count' is 1048576");
    }

    @Test
    void opensAModelInOnePart() {
        Path path = new GgufWriter()
                .put("split.no", 0)
                .put("split.count", 1)
                .tensor("a", new float[] {1}, 1)
                .writeTo(folder.resolve("whole.gguf"));
        try (GgufFile file = GgufFile.open(path)) {
            assertArrayEquals(new float[] {1}, file.vector("a", 1));
        }
    }

    private static void assertRefused(Path path, String part) {
        String message = assertThrows(ModelFileException.class, () -> GgufFile.open(path))
                .getMessage();
        assertTrue(message.contains(part), message);
    }
}
