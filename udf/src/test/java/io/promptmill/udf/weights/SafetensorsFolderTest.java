package io.promptmill.udf.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.kernels.ScalarBlockDecoders;
import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.tensor.Matrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** A model written as a folder of Hugging Face transformers reads as its GGUF file does: every tensor and every key. */
final class SafetensorsFolderTest {
    @TempDir
    private Path folder;

    @TestFactory
    List<DynamicTest> readsAsTheFile() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (Path gguf : ConformanceData.files("architectures", ".gguf")) {
            for (BlockFormat format : List.of(BlockFormat.F32, BlockFormat.BF16, BlockFormat.F16)) {
                for (int shards : new int[] {1, 3}) {
                    String name = gguf.getFileName() + " in " + format + ", files: " + shards;
                    tests.add(DynamicTest.dynamicTest(name, () -> compare(gguf, format, shards)));
                }
            }
        }
        assertTrue(tests.size() > 1);
        return tests;
    }

    private void compare(Path gguf, BlockFormat format, int shards) throws IOException {
        HubFolderWriter writer = new HubFolderWriter(gguf, format);
        Assumptions.assumeTrue(writer.isKnown(), writer.architecture());
        Path target = Files.createTempDirectory(folder, "model");
        writer.writeTo(target, shards);
        try (GgufFile expected = GgufFile.open(gguf);
                SafetensorsFolder actual = SafetensorsFolder.open(target, 4099)) {
            Map<String, Object> keys = HubFolderWriter.keys(gguf);
            keys.keySet().removeIf(key -> key.startsWith("tokenizer.") || key.startsWith("general."));
            keys.put("general.architecture", writer.architecture());
            keys.forEach((key, value) -> assertKey(actual.metadata(), key, value));
            assertEquals(288, actual.metadata().requireInteger(writer.architecture() + ".vocab_size", 1, 1 << 20));
            Set<String> names = new HashSet<>(expected.tensors().keySet());
            names.removeIf(name -> name.startsWith("rope_f"));
            assertEquals(names, actual.tensors().keySet());
            for (String name : names) {
                assertEquals(
                        expected.tensors().get(name).shape(),
                        actual.tensors().get(name).shape());
                assertEquals(format, actual.tensors().get(name).format());
                assertArrayEquals(writer.expected(name), values(actual, name), name);
            }
        }
    }

    private static void assertKey(Metadata actual, String key, Object value) {
        if (value instanceof Long) {
            assertEquals(value, actual.integer(key).orElseThrow(() -> new AssertionError(key)), key);
        } else if (value instanceof Double) {
            assertEquals(value, actual.number(key).orElseThrow(() -> new AssertionError(key)), key);
        } else if (value instanceof Boolean) {
            assertEquals(Optional.of(value), actual.flag(key), key);
        } else {
            assertEquals(Optional.of(value), actual.text(key), key);
        }
    }

    /** All values, the rows of a matrix read in uneven runs. */
    private static float[] values(ModelFile file, String name) {
        int[] shape = file.tensors().get(name).shape().stream()
                .mapToInt(Math::toIntExact)
                .toArray();
        if (shape.length == 1) {
            return file.vector(name, shape[0]);
        }
        Matrix[] parts = shape.length == 2
                ? new Matrix[] {file.matrix(name, shape[0], shape[1])}
                : file.matrices(name, shape[0], shape[1], shape[2]);
        float[] values = new float[parts.length * parts[0].rows() * parts[0].columns()];
        int done = 0;
        for (Matrix part : parts) {
            byte[] bytes = new byte[Math.toIntExact(part.bytes())];
            for (int row = 0; row < part.rows(); ) {
                int count = Math.min(part.rows() - row, 1 + row % 7);
                byte[] run = new byte[Math.toIntExact(count * part.rowBytes())];
                if (row % 2 == 0) {
                    part.readRows(row, count, run);
                } else {
                    part.loadRows(row, count, run);
                }
                System.arraycopy(run, 0, bytes, Math.toIntExact(row * part.rowBytes()), run.length);
                row += count;
            }
            int row = part.rows() / 2;
            byte[] blocks = new byte[3 * part.format().blockBytes()];
            part.readBlocks(row, 5, 3, blocks, 0);
            int from = Math.toIntExact(row * part.rowBytes() + part.format().bytesOf(5));
            assertArrayEquals(Arrays.copyOfRange(bytes, from, from + blocks.length), blocks);
            ScalarBlockDecoders.of(part.format()).decode(bytes, 0, values, done, part.rows() * part.columns());
            done += part.rows() * part.columns();
        }
        return values;
    }
}
