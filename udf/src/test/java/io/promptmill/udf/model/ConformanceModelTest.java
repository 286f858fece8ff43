package io.promptmill.udf.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.kernels.KernelProvider;
import io.promptmill.udf.kernels.WorkerPool;
import io.promptmill.udf.layers.Compute;
import io.promptmill.udf.layers.KvCache;
import io.promptmill.udf.layers.KvPrecision;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.tensor.RowTiles;
import io.promptmill.udf.weights.GgufFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Logits and greedy continuations of small models against those of the reference engine. */
class ConformanceModelTest {
    /** Normalised mean squared error of logits; a sound single-precision forward pass stays far below. */
    private static final double MAXIMUM_ERROR = 1e-9;
    /** The reference engine takes GELU from a table in half precision. */
    private static final double MAXIMUM_ERROR_WITH_GELU = 1e-6;

    private static final Set<String> WITH_GELU =
            Set.of("falcon", "gemma", "gemma2", "gemma3", "gpt2", "gptneox", "mpt", "phi2", "starcoder2");
    /** Where the two best tokens are closer, either may come next. */
    private static final double MINIMUM_MARGIN = 1e-3;

    private static final Map<String, Integer> RUN = new TreeMap<>();
    private static final List<String> SKIPPED = new ArrayList<>();

    @TestFactory
    List<DynamicTest> architectures() throws IOException {
        return tests("architectures");
    }

    @TestFactory
    List<DynamicTest> quants() throws IOException {
        return tests("quants");
    }

    @AfterAll
    static void report() {
        System.out.println("Conformance of models: run " + RUN + ", skipped " + SKIPPED);
    }

    private static List<DynamicTest> tests(String folder) throws IOException {
        List<Path> files = ConformanceData.files(folder, ".json");
        if (files.isEmpty()) {
            SKIPPED.add(folder + " (absent)");
        }
        return files.stream()
                .map(file -> DynamicTest.dynamicTest(folder + "/" + file.getFileName(), () -> run(folder, file)))
                .toList();
    }

    private static void run(String folder, Path description) throws IOException {
        JsonNode expected = new ObjectMapper().readTree(description.toFile());
        Path path = description.resolveSibling(expected.get("model").asText());
        GgufFile file;
        try {
            file = GgufFile.open(path);
        } catch (ModelFileException e) {
            // A block format that is not supported is refused by name.
            assertTrue(e.getMessage().contains("F32"), e.getMessage());
            SKIPPED.add(path.getFileName().toString());
            Assumptions.abort("not supported: " + e.getMessage());
            return;
        }
        try (file;
                WorkerPool workers = new WorkerPool(2, "conformance")) {
            Model model;
            try {
                int rows = expected.get("token_ids").size();
                model = ModelRegistry.load(
                        file, new Compute(KernelProvider.get(), workers), new ModelSize(rows, rows, 2 * rows));
            } catch (ModelFileException e) {
                // An architecture or a variant of one that is not known is refused by name, and only that.
                assertTrue(e.getMessage().matches(".*(is not known|not supported).*"), e.getMessage());
                SKIPPED.add(path.getFileName().toString());
                Assumptions.abort(e.getMessage());
                return;
            }
            String architecture = file.metadata().requireText("general.architecture");
            double maximum = WITH_GELU.contains(architecture) ? MAXIMUM_ERROR_WITH_GELU : MAXIMUM_ERROR;
            compare(model, expected, maximum, floats(description.resolveSibling(name(path) + ".logits.f32")));
            RUN.merge(folder, 1, Integer::sum);
        }
    }

    private static void compare(Model model, JsonNode expected, double maximumError, float[] logits) {
        int[] tokens = ints(expected.get("token_ids"));
        int[] positions = ints(expected.get("logits_positions"));
        int vocabulary = expected.get("vocab_size").asInt();
        assertEquals(positions.length * vocabulary, logits.length);

        int length = tokens.length + expected.get("greedy_continuation").size();
        int[] shuffledBlocks = shuffled(length / KvCache.BLOCK_TOKENS + 1);
        KvCache cache = model.shape().newKvCache(KvPrecision.F32, shuffledBlocks.length);
        float[][] whole = forward(model, cache, tokens, 0, tokens.length, shuffledBlocks);
        for (int i = 0; i < positions.length; i++) {
            double error = normalisedError(whole[positions[i]], logits, i * vocabulary);
            assertTrue(error < maximumError, "position " + positions[i] + ": error " + error);
        }

        KvCache second = model.shape().newKvCache(KvPrecision.F32, shuffledBlocks.length);
        for (int from = 0; from < tokens.length; from += 7) {
            int to = Math.min(tokens.length, from + 7);
            float[][] chunk = forward(model, second, tokens, from, to, shuffledBlocks);
            for (int i = from; i < to; i++) {
                assertArrayEquals(whole[i], chunk[i - from], "chunked prefill differs at position " + i);
            }
        }
        continueGreedily(model, cache, tokens, whole[tokens.length - 1], expected, shuffledBlocks);
    }

    private static void continueGreedily(
            Model model, KvCache cache, int[] prompt, float[] lastLogits, JsonNode expected, int[] blocks) {
        int[] continuation = ints(expected.get("greedy_continuation"));
        float[] logits = lastLogits;
        for (int i = 0; i < continuation.length; i++) {
            int best = largest(logits, -1);
            if (logits[best] - logits[largest(logits, best)] < MINIMUM_MARGIN) {
                return;
            }
            assertEquals(continuation[i], best, "token " + i + " of the continuation");
            int position = prompt.length + i;
            StepBatch batch = new StepBatch(1);
            batch.add(best, position, blocks, true);
            logits = rows(model.forward(batch, cache))[0];
        }
    }

    private static float[][] forward(Model model, KvCache cache, int[] tokens, int from, int to, int[] blocks) {
        StepBatch batch = new StepBatch(to - from);
        for (int i = from; i < to; i++) {
            batch.add(tokens[i], i, blocks, true);
        }
        return rows(model.forward(batch, cache));
    }

    private static int[] shuffled(int blocks) {
        List<Integer> order = new ArrayList<>(IntStream.range(0, blocks).boxed().toList());
        Collections.shuffle(order, new Random(5));
        return order.stream().mapToInt(Integer::intValue).toArray();
    }

    private static float[][] rows(RowTiles tiles) {
        float[][] rows = new float[tiles.rows()][tiles.features()];
        for (int i = 0; i < rows.length; i++) {
            tiles.readRow(i, 0, tiles.features(), rows[i], 0);
        }
        return rows;
    }

    private static double normalisedError(float[] actual, float[] expected, int offset) {
        double error = 0;
        double norm = 0;
        for (int i = 0; i < actual.length; i++) {
            error += Math.pow((double) actual[i] - expected[offset + i], 2);
            norm += Math.pow(expected[offset + i], 2);
        }
        return error / norm;
    }

    private static int largest(float[] values, int except) {
        int best = except == 0 ? 1 : 0;
        for (int i = 0; i < values.length; i++) {
            if (i != except && values[i] > values[best]) {
                best = i;
            }
        }
        return best;
    }

    private static String name(Path path) {
        return path.getFileName().toString().replaceFirst("\\.gguf$", "");
    }

    private static int[] ints(JsonNode array) {
        int[] result = new int[array.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = array.get(i).asInt();
        }
        return result;
    }

    private static float[] floats(Path path) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
        float[] result = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(result);
        return result;
    }
}
