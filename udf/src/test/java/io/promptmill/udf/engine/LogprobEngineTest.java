package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.sampler.SamplingParameters;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Log-probabilities against logits of the reference engine, and against one another. */
class LogprobEngineTest {
    private static final Path DEMO = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");
    private static final long BYTES_PER_BLOCK = 2L * 6 * 4 * 32 * 16 * Float.BYTES;

    @Test
    void thePromptsAreThoseOfTheReferenceEnginesLogits() throws IOException {
        Path folder = ConformanceData.files("architectures", ".json").get(0).getParent();
        JsonNode expected =
                new ObjectMapper().readTree(folder.resolve("llama.json").toFile());
        int vocabulary = expected.get("vocab_size").asInt();
        int[] tokens = ints(expected.get("token_ids"));
        int[] positions = ints(expected.get("logits_positions"));
        ByteBuffer logits = ByteBuffer.wrap(Files.readAllBytes(folder.resolve("llama.logits.f32")))
                .order(ByteOrder.LITTLE_ENDIAN);
        EngineConfig config = new EngineConfig(2, 16, 8, 0, 0, true, "f32", "f32");
        try (Engine engine = Engine.open(folder.resolve("llama.gguf"), config)) {
            CompletionOptions options = new CompletionOptions(null, null, 3, 3);
            SamplingParameters one =
                    SamplingParameters.DEFAULT.toBuilder().maxTokens(1).build();
            CompletionDetails details = engine.submit(new Request("row", tokens, one, null, options))
                    .join()
                    .details();
            assertEquals(tokens.length, details.promptLogprobs().size());
            assertNull(details.promptLogprobs().get(0).logprob());
            for (int row = 0; row < positions.length; row++) {
                int next = positions[row] + 1;
                TokenLogprob actual = next < tokens.length
                        ? details.promptLogprobs().get(next)
                        : details.logprobs().get(0);
                double[] logprobs = logprobs(logits, row * vocabulary, vocabulary);
                assertEquals(logprobs[actual.token()], actual.logprob(), 1e-4, "position " + next);
                int[] best = IntStream.range(0, vocabulary)
                        .boxed()
                        .sorted((a, b) -> Double.compare(logprobs[b], logprobs[a]))
                        .limit(3)
                        .mapToInt(Integer::intValue)
                        .toArray();
                assertEquals(3, actual.alternatives().size());
                for (int i = 0; i < 3; i++) {
                    assertEquals(logprobs[best[i]], actual.alternatives().get(i).logprob(), 1e-4);
                }
            }
        }
    }

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
    }

    private static double[] logprobs(ByteBuffer logits, int offset, int vocabulary) {
        double sum = 0;
        for (int i = 0; i < vocabulary; i++) {
            sum += Math.exp(logits.getFloat((offset + i) * Float.BYTES));
        }
        double log = Math.log(sum);
        return IntStream.range(0, vocabulary)
                .mapToDouble(i -> logits.getFloat((offset + i) * Float.BYTES) - log)
                .toArray();
    }

    @Test
    void aCompletionsAreThoseOfItsTextAsAPrompt() {
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            for (Completion completion : complete(engine, 0)) {
                assertEquals(
                        completion.completionTokens(),
                        completion.details().logprobs().size());
                assertEquals(
                        completion.details().logprobs().stream()
                                .mapToDouble(TokenLogprob::logprob)
                                .average()
                                .orElseThrow(),
                        completion.details().meanLogprob());
                int[] whole = IntStream.concat(
                                completion.details().promptLogprobs().stream().mapToInt(TokenLogprob::token),
                                completion.details().logprobs().stream().mapToInt(TokenLogprob::token))
                        .toArray();
                CompletionOptions options = new CompletionOptions(null, null, CompletionOptions.NONE, 0);
                List<TokenLogprob> again = engine.submit(new Request("again", whole, sampling(0), null, options))
                        .join()
                        .details()
                        .promptLogprobs();
                for (int i = 0; i < completion.completionTokens(); i++) {
                    TokenLogprob token = completion.details().logprobs().get(i);
                    assertEquals(
                            token.logprob(),
                            again.get(completion.promptTokens() + i).logprob());
                    assertTrue(token.alternatives().get(0).logprob()
                            >= token.alternatives().get(1).logprob());
                    assertEquals(token.token(), token.alternatives().get(0).token(), "greedy takes the best");
                }
            }
        }
    }

    @Test
    void doNotDependOnThreadsBatchesMemoryOrCache() {
        List<Completion> expected = run(new EngineConfig(1, 512, 64, 0, 0, true, "f32", "f32"));
        assertEquals(expected, run(new EngineConfig(2, 16, 3, 0, 0, false, "f32", "f32")));
        EngineConfig tight = new EngineConfig(2, 64, 16, 0, 16 * BYTES_PER_BLOCK, true, "f32", "f32");
        try (Engine engine = Engine.open(DEMO, tight)) {
            assertEquals(expected, complete(engine, 0.9));
            assertTrue(engine.statistics().preemptions() > 0);
        }
    }

    private static List<Completion> run(EngineConfig config) {
        try (Engine engine = Engine.open(DEMO, config)) {
            return complete(engine, 0.9);
        }
    }

    private static SamplingParameters sampling(double temperature) {
        return SamplingParameters.DEFAULT.toBuilder()
                .temperature(temperature)
                .maxTokens(24)
                .build();
    }

    private static List<Completion> complete(Engine engine, double temperature) {
        List<CompletableFuture<Completion>> futures = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            int[] prompt = engine.encoder()
                    .encodeText("Once upon a time there was a fox. " + "It liked to run. ".repeat(i % 5)
                            + "One day, number " + i + ",");
            futures.add(engine.submit(new Request(
                    "row" + i, prompt, sampling(temperature), null, new CompletionOptions(null, null, 2, 1))));
        }
        return futures.stream().map(CompletableFuture::join).toList();
    }
}
