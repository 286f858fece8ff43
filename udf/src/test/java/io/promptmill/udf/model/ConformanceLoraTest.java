package io.promptmill.udf.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.weights.LoraAdapter;
import io.promptmill.udf.weights.ModelFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Logits and greedy continuations with an adapter against those of the reference engine. */
class ConformanceLoraTest {
    private static final double MAXIMUM_ERROR = 1e-9;
    /** Where the two best tokens are closer, either may come next. */
    private static final double MINIMUM_MARGIN = 1e-3;

    private static int run;
    private static int tokensCompared;

    @TestFactory
    List<DynamicTest> adapters() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (Path file : ConformanceData.files("lora", ".json")) {
            JsonNode expected = new ObjectMapper().readTree(file.toFile());
            expected.get("scales")
                    .fieldNames()
                    .forEachRemaining(scale -> tests.add(DynamicTest.dynamicTest(
                            file.getFileName() + " at scale " + scale, () -> compare(file, expected, scale))));
        }
        return tests;
    }

    @AfterAll
    static void report() {
        System.out.println("Conformance of adapters: run " + run + ", greedy tokens compared " + tokensCompared);
    }

    private static void compare(Path description, JsonNode expected, String scale) throws IOException {
        JsonNode own = expected.get("scales").get(scale);
        int[] tokens = ints(expected.get("token_ids"));
        int[] positions = ints(expected.get("logits_positions"));
        int[] continuation = ints(own.get("greedy_continuation"));
        float[] logits = floats(description.resolveSibling(own.get("logits").asText()));
        Path path = description
                .getParent()
                .resolveSibling("architectures")
                .resolve(expected.get("base").asText());
        LoraAdapter adapter = LoraAdapter.open(
                description.resolveSibling(expected.get("adapter").asText()));
        try (AdaptedModel model = AdaptedModel.load(
                ModelFile.open(path),
                "f32",
                List.of(adapter),
                List.of(Double.parseDouble(scale)),
                tokens.length + continuation.length)) {
            AdaptedModel.Text text = model.text(0);
            List<float[]> whole = text.extend(tokens, tokens.length);
            for (int i = 0; i < positions.length; i++) {
                double error = AdaptedModel.normalisedError(
                        whole.get(positions[i]),
                        logits,
                        i * expected.get("vocab_size").asInt());
                assertTrue(error < MAXIMUM_ERROR, "position " + positions[i] + ": error " + error);
            }
            List<float[]> chunked = model.text(0).extend(tokens, 7);
            IntStream.range(0, tokens.length)
                    .forEach(i -> assertArrayEquals(whole.get(i), chunked.get(i), "position " + i));
            float[] last = whole.get(tokens.length - 1);
            for (int i = 0; i < continuation.length; i++) {
                int best = largest(last, -1);
                if (last[best] - last[largest(last, best)] < MINIMUM_MARGIN) {
                    break;
                }
                assertEquals(continuation[i], best, "token " + i + " of the continuation");
                tokensCompared++;
                last = text.extend(new int[] {best}, 1).get(0);
            }
            run++;
        }
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

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
    }

    private static float[] floats(Path path) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
        float[] result = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(result);
        return result;
    }
}
