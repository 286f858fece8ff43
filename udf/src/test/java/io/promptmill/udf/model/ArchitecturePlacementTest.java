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
    private static final int LENGTH = 40;
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
        int[] tokens = IntStream.range(0, LENGTH)
                .map(i -> expected.get("token_ids").get(i).asInt())
                .toArray();
        try (GgufFile file = GgufFile.open(
                        description.resolveSibling(expected.get("model").asText()));
                Kernels kernels = KernelProvider.open(precision);
                WorkerPool workers = new WorkerPool(2, "placement")) {
            Model model = load(file, new Compute(kernels, workers));
            float[][] alone = logits(model, tokens, 1, 0, false);
            float[][] whole = logits(model, tokens, LENGTH, 0, false);
            for (int i = 0; i < LENGTH; i++) {
                assertArrayEquals(alone[i], whole[i], "all at once, position " + i);
            }
            for (int[] placement : new int[][] {{7, 3}, {16, 20}, {LENGTH, 5}}) {
                float[][] beside = logits(model, tokens, placement[0], placement[1], true);
                for (int i = placement[0] - 1; i < LENGTH; i += placement[0]) {
                    assertArrayEquals(
                            alone[i], beside[i], placement[0] + " beside " + placement[1] + ", position " + i);
                }
            }
        }
    }

    private static Model load(GgufFile file, Compute compute) {
        try {
            return ModelRegistry.load(file, compute, new ModelSize(64, 64, 128));
        } catch (ModelFileException e) {
            Assumptions.abort(e.getMessage());
            throw e;
        }
    }

    /**
     * Computes a sequence in chunks, each behind the first tokens of so many other sequences.
     *
     * @param lastOnly whether only the last row of a chunk, and the neighbours, give logits
     */
    private static float[][] logits(Model model, int[] tokens, int chunk, int neighbours, boolean lastOnly) {
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
                batch.add(tokens[from + i], from + i, table, !lastOnly || i == count - 1);
            }
            RowTiles logits = model.forward(batch, cache);
            for (int i = 0; i < count; i++) {
                int row = lastOnly ? before : before + i;
                if (!lastOnly || i == count - 1) {
                    result[from + i] = new float[logits.features()];
                    logits.readRow(row, 0, logits.features(), result[from + i], 0);
                }
            }
        }
        return result;
    }
}
