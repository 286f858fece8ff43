package io.promptmill.udf.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.error.ModelFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Files that lie: the container refuses its own lies by name and passes on those about the model. */
final class ConformanceHostileFileTest {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    /** What the message must name. */
    private static final Map<String, String> REFUSED = Map.ofEntries(
            Map.entry("empty", "the file is empty"),
            Map.entry("magic-only", "ends after 4 bytes"),
            Map.entry("version-0", "version 0"),
            Map.entry("version-99", "version 99"),
            Map.entry("cut-0", "at byte 8"),
            Map.entry("cut-1", "at byte 8"),
            Map.entry("cut-3", "the file ends at byte 34848"),
            Map.entry("cut-4", "the file ends at byte 52272"),
            Map.entry("huge-kv-count", "the number of keys is 4611686018427387904"),
            Map.entry("huge-tensor-count", "the number of tensors is 4611686018427387904"),
            Map.entry("huge-key-length", "at byte"),
            Map.entry("huge-string", "is 9223372036854775808"),
            Map.entry("huge-u8-array", "is 1099511627776"),
            Map.entry("nested-arrays", "arrays of arrays"),
            Map.entry("bad-utf8-key", "not valid UTF-8"),
            Map.entry("alignment-zero", "'general.alignment' is 0"),
            Map.entry("alignment-huge", "'general.alignment' is 2147483648"),
            Map.entry("split-of-many", "part 1 of 60000"),
            Map.entry("dims-overflow", "larger than the whole file"),
            Map.entry("dims-negative", "a dimension of 18446744073709551584"),
            Map.entry("rank-zero", "0 dimensions"),
            Map.entry("type-unknown", "block format 200"),
            Map.entry("type-removed", "block format 4"),
            Map.entry("offset-wraps", "begins at byte 18446744073709551552"),
            Map.entry("offset-unaligned", "begins at byte 5 of the data"));

    /** True as containers; the model, the tokenizer or the template finds the fault. */
    private static final Set<String> LOADING = Set.of(
            "no-architecture",
            "architecture-type",
            "no-layers",
            "no-heads",
            "heads-not-dividing",
            "width-lies",
            "ff-lies",
            "context-huge",
            "eps-missing",
            "rope-dims-odd",
            "rope-base-zero",
            "no-tokens",
            "few-tokens",
            "bad-merges",
            "eos-out-of-range",
            "token-types-short",
            "tensor-shape",
            "tensor-rank",
            "weights-nan",
            "weights-inf",
            "template-exponential",
            "template-recursion",
            "template-broken");

    @Test
    void refusesByNameOrLoadsSafely() throws IOException {
        List<Path> files = ConformanceData.files("hostile", ".gguf");
        assumeFalse(files.isEmpty(), "no conformance data for hostile");
        int refused = 0;
        for (Path path : files) {
            String name = path.getFileName().toString().replace(".gguf", "");
            String message = assertTimeout(LIMIT, () -> refusal(path), name);
            if (REFUSED.containsKey(name)) {
                assertNotNull(message, name + " must be refused");
                assertTrue(message.contains(REFUSED.get(name)), message);
            } else if (LOADING.contains(name)) {
                assertNull(message, name + " must load");
            }
            if (message != null) {
                assertTrue(message.contains(path.toString()), message);
                refused++;
            }
        }
        System.out.printf(
                "hostile: %d files, %d refused by name, %d load safely%n",
                files.size(), refused, files.size() - refused);
    }

    /** The message of the refusal, or null where the file opens and every byte of every tensor can be read. */
    private static String refusal(Path path) {
        try (GgufFile file = GgufFile.open(path)) {
            file.tensors().values().forEach(tensor -> readWhole(file, tensor));
            return null;
        } catch (ModelFileException refused) {
            return refused.getMessage();
        }
    }

    private static void readWhole(GgufFile file, TensorInfo tensor) {
        int values = Math.toIntExact(tensor.values());
        if (tensor.shape().size() == 1) {
            assertEquals(values, file.vector(tensor.name(), values).length);
        } else {
            int rows = tensor.shape().get(0).intValue();
            int columns = tensor.shape().get(1).intValue();
            byte[] blocks = new byte[(int) tensor.format().bytesOf(columns)];
            for (int row = 0; row < rows; row++) {
                file.matrix(tensor.name(), rows, columns).readBlocks(row, 0, columns, blocks, 0);
            }
        }
    }
}
