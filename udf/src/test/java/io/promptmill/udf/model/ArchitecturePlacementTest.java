package io.promptmill.udf.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.kernels.KernelProvider;
import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.Precision;
import io.promptmill.udf.kernels.PrecisionSupport;
import io.promptmill.udf.kernels.WorkerPool;
import io.promptmill.udf.layers.Compute;
import io.promptmill.udf.layers.KvCache;
import io.promptmill.udf.layers.KvPrecision;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.tensor.RowTiles;
import io.promptmill.udf.weights.GgufFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Of every architecture and precision: the logits of a sequence are the same bits whether its tokens come one by one, in
 * chunks, all at once, beside other sequences, and whether or not the rows before the last give logits too.
 */
class ArchitecturePlacementTest {
    /** Beyond the window of keys that attention takes at a time, and of the sliding windows. */
    private static final int LENGTH = 140;

    private static final int LEARNED_POSITIONS = 128;
    private static final int BLOCKS = LENGTH / KvCache.BLOCK_TOKENS + 1;

    @TestFactory
    Stream<DynamicTest> placements() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (Path description : ConformanceData.files("architectures", ".json")) {
            for (Precision precision : Precision.values()) {
                tests.add(DynamicTest.dynamicTest(
                        precision.label() + " " + description.getFileName(), () -> run(description, precision)));
            }
        }
        return tests.stream();
    }

    private static void run(Path description, Precision precision) throws IOException {
        if (precision == Precision.BF16) {
            PrecisionSupport.assumeBf16();
        }
        JsonNode expected = new ObjectMapper().readTree(description.toFile());
        boolean isLimited = expected.get("model").asText().equals("gpt2.gguf");
        int length = isLimited ? LEARNED_POSITIONS : LENGTH;
        int[] tokens = IntStream.range(0, length)
                .map(i -> expected.get("token_ids").get(i % 40).asInt() ^ i / 40)
                .toArray();
        try (GgufFile file = GgufFile.open(
                        description.resolveSibling(expected.get("model").asText()));
                Kernels kernels = KernelProvider.open(precision);
                WorkerPool workers = new WorkerPool(2, "placement")) {
            Model model = load(file, new Compute(kernels, workers));
            float[][] alone = logits(model, tokens, 1, 0, Outputs.ALL);
            float[][] whole = logits(model, tokens, length, 0, Outputs.ALL);
            for (int i = 0; i < length; i++) {
                assertArrayEquals(alone[i], whole[i], "all at once, position " + i);
            }
            // Steps without any output, the first one among them.
            Model fresh = load(file, new Compute(kernels, workers));
            float[][] last = logits(fresh, tokens, 33, 0, Outputs.LAST_OF_SEQUENCE);
            assertArrayEquals(alone[length - 1], last[length - 1], "without outputs before the last");
            for (int[] placement : new int[][] {{7, 3}, {16, 20}, {length, 5}}) {
                float[][] beside = logits(model, tokens, placement[0], placement[1], Outputs.LAST_OF_CHUNK);
                for (int i = placement[0] - 1; i < length; i += placement[0]) {
                    assertArrayEquals(
                            alone[i], beside[i], placement[0] + " beside " + placement[1] + ", position " + i);
                }
            }
        }
    }

    /** Which rows of a sequence give logits; of neighbours every other one does. */
    private enum Outputs {
        ALL,
        LAST_OF_CHUNK,
        LAST_OF_SEQUENCE;

        private boolean has(int from, int i, int count, int length) {
            return switch (this) {
                case ALL -> true;
                case LAST_OF_CHUNK -> i == count - 1;
                case LAST_OF_SEQUENCE -> from + i == length - 1;
            };
        }
    }

    private static Model load(GgufFile file, Compute compute) {
        try {
            return ModelRegistry.load(file, compute, new ModelSize(192, 192, 256));
        } catch (ModelFileException e) {
            Assumptions.abort(e.getMessage());
            throw e;
        }
    }

    /**
     * Computes a sequence in chunks, each behind the first tokens of so many other sequences.
     *
     * @param outputs which rows give logits
     */
    private static float[][] logits(Model model, int[] tokens, int chunk, int neighbours, Outputs outputs) {
        KvCache cache = model.shape().newKvCache(KvPrecision.F32, BLOCKS + neighbours);
        int[] table = IntStream.range(0, BLOCKS).toArray();
        float[][] result = new float[tokens.length][];
        for (int from = 0; from < tokens.length; from += chunk) {
            int count = Math.min(chunk, tokens.length - from);
            StepBatch batch = new StepBatch(neighbours + count);
            for (int i = 0; i < neighbours; i++) {
                batch.add(tokens[(3 * i + from) % tokens.length], 0, new int[] {BLOCKS + i}, i % 2 == 0);
            }
            int before = batch.outputs();
            for (int i = 0; i < count; i++) {
                batch.add(tokens[from + i], from + i, table, outputs.has(from, i, count, tokens.length));
            }
            RowTiles logits = model.forward(batch, cache);
            for (int i = 0; i < count; i++) {
                int row = outputs == Outputs.ALL ? before + i : before;
                if (outputs.has(from, i, count, tokens.length)) {
                    result[from + i] = new float[logits.features()];
                    logits.readRow(row, 0, logits.features(), result[from + i], 0);
                }
            }
        }
        return result;
    }
}
