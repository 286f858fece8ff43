package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.kernels.PrecisionSupport;
import io.promptmill.udf.prompt.ChatMessage;
import io.promptmill.udf.sampler.SamplingParameters;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The whole engine over the demo model. */
class EngineTest {
    private static final Path DEMO = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");

    private static final long BYTES_PER_BLOCK = 2L * 6 * 4 * 32 * 16 * Float.BYTES;

    /** Prompts that share a beginning, of different lengths, some of them equal. */
    private static List<String> prompts() {
        List<String> prompts = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            prompts.add("Once upon a time there was a small fox named " + "Tom and Lily and ".repeat(i % 4) + "Ben.");
            prompts.add("There once was a brave dog called Max. Every day he played with his red ball. "
                    + "One sunny day, Max went to the park. ".repeat(i % 3));
        }
        return prompts;
    }

    private static List<Completion> run(EngineConfig config, SamplingParameters sampling) {
        try (Engine engine = Engine.open(DEMO, config)) {
            return complete(engine, sampling);
        }
    }

    private static List<Completion> complete(Engine engine, SamplingParameters sampling) {
        List<String> prompts = prompts();
        List<CompletableFuture<Completion>> futures = IntStream.range(0, prompts.size())
                .mapToObj(i ->
                        engine.submit(new Request("row" + i, engine.encoder().encodeText(prompts.get(i)), sampling)))
                .toList();
        return futures.stream().map(CompletableFuture::join).toList();
    }

    @ParameterizedTest
    @CsvSource({"f32,f32", "f32,f16", "int8,f16", "bf16,f16"})
    void completionsDoNotDependOnThreadsBatchesMemoryOrCache(String precision, String kvPrecision) {
        if (precision.equals("bf16")) {
            PrecisionSupport.assumeBf16();
        }
        SamplingParameters sampling = sampling(0.8, 48, List.of(), false);
        List<Completion> expected = run(config(1, 512, 256, 0, true, precision, kvPrecision), sampling);
        assertTrue(expected.stream().allMatch(completion -> completion.error() == null));
        assertTrue(expected.stream().map(Completion::text).distinct().count() > 20, "rows draw differently");
        assertEquals(expected, run(config(2, 16, 256, 0, true, precision, kvPrecision), sampling));
        assertEquals(expected, run(config(2, 512, 3, 0, false, precision, kvPrecision), sampling));
        assertEquals(expected, run(config(1, 7, 5, 0, false, precision, kvPrecision), sampling));
        // Room for one sequence of the whole context: sequences give way to one another and are computed again.
        long context = 16 * BYTES_PER_BLOCK / (kvPrecision.equals("f16") ? 2 : 1);
        try (Engine engine = Engine.open(DEMO, config(2, 64, 16, context, true, precision, kvPrecision))) {
            assertEquals(precision, engine.precision());
            assertEquals(kvPrecision, engine.kvPrecision());
            assertEquals(expected, complete(engine, sampling));
            assertTrue(engine.statistics().preemptions() > 0);
        }
    }

    @Test
    void aSecondRunFindsItsPromptsInTheCache() {
        // Drawn, because greedy ones would be copied.
        SamplingParameters sampling = sampling(0.8, 16, List.of(), false);
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            List<Completion> first = complete(engine, sampling);
            long cached = engine.statistics().cachedPromptTokens();
            assertEquals(first, complete(engine, sampling));
            assertTrue(engine.statistics().cachedPromptTokens() > cached + 100);
        }
    }

    @Test
    void equalGreedyRequestsAreComputedOnceAndComeOutAsIfEachWereComputed() {
        SamplingParameters sampling = sampling(0, 24, List.of(), false);
        List<String> distinct = prompts().stream().distinct().toList();
        try (Engine engine = Engine.open(DEMO, config(2, 0, 0, 0, true))) {
            List<Completion> all = complete(engine, sampling);
            assertEquals(prompts().size() - distinct.size(), engine.statistics().copiedRequests());
            long computed = engine.statistics().completionTokens();
            List<Completion> again = complete(engine, sampling);
            assertTrue(again.stream().allMatch(Completion::copied));
            assertEquals(computed, engine.statistics().completionTokens());
            for (int i = 0; i < all.size(); i++) {
                Completion alone = alone(prompts().get(i), sampling);
                assertFalse(alone.copied());
                assertEquals(alone.copy(), all.get(i).copy());
                assertEquals(alone.copy(), again.get(i));
            }
        }
    }

    private static Completion alone(String prompt, SamplingParameters sampling) {
        try (Engine engine = Engine.open(DEMO, config(1, 16, 1, 0, false))) {
            return engine.submit(new Request("alone", engine.encoder().encodeText(prompt), sampling))
                    .join();
        }
    }

    @Test
    void whoWaitsForACancelledRequestGetsItsCompletion() {
        SamplingParameters sampling = sampling(0, 250, List.of(), true);
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            List<CompletableFuture<Completion>> equal = IntStream.range(0, 4)
                    .mapToObj(i -> engine.submit(new Request("r" + i, new int[] {40, 50}, sampling)))
                    .toList();
            equal.get(0).cancel(false);
            equal.get(2).cancel(false);
            assertEquals(250, equal.get(1).join().completionTokens());
            assertEquals(equal.get(1).join().text(), equal.get(3).join().text());
            assertEquals(250, engine.statistics().completionTokens());
        }
    }

    @Test
    void stopTextsEndTheCompletionAndAreNotPartOfIt() throws Exception {
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            int[] prompt = engine.encoder().encodeText("Once upon a time");
            Completion whole = engine.submit(new Request("a", prompt, sampling(0, 60, List.of(), false)))
                    .get();
            String stop = whole.text().substring(31, 37);
            Completion cut = engine.submit(new Request("a", prompt, sampling(0, 60, List.of("nowhere#", stop), false)))
                    .get();
            assertEquals(whole.text().substring(0, whole.text().indexOf(stop)), cut.text());
            assertEquals(FinishReason.STOP, cut.finishReason());
            assertTrue(cut.completionTokens() < whole.completionTokens());
        }
    }

    @Test
    void limitsAndEndOfText() throws Exception {
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            int[] prompt = engine.encoder()
                    .encodeChat(
                            List.of(new ChatMessage("user", "Is this review positive or negative?\nI love it.")),
                            LocalDateTime.of(2026, 1, 31, 9, 30));
            Completion label = engine.submit(new Request("a", prompt, sampling(0, 60, List.of(), false)))
                    .get();
            assertEquals("positive", label.text());
            assertEquals(FinishReason.STOP, label.finishReason());
            Completion ignoring = engine.submit(new Request("a", prompt, sampling(0, 30, List.of(), true)))
                    .get();
            assertEquals(30, ignoring.completionTokens());
            assertEquals(FinishReason.LENGTH, ignoring.finishReason());
            // The context of 256 tokens ends what the limit would allow.
            Completion full = engine.submit(new Request("a", prompt, sampling(0, 1000, List.of(), true)))
                    .get();
            assertEquals(256, full.promptTokens() + full.completionTokens());
            assertEquals(FinishReason.LENGTH, full.finishReason());
        }
    }

    @Test
    void requestsThatCannotBeServedFailAlone() throws Exception {
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            SamplingParameters sampling = sampling(0, 5, List.of(), false);
            Completion tooLong =
                    engine.submit(new Request("a", new int[256], sampling)).get();
            assertEquals(FinishReason.ERROR, tooLong.finishReason());
            assertTrue(tooLong.error().contains("256"), tooLong.error());
            assertNull(tooLong.text());
            assertTrue(engine.submit(new Request("a", new int[0], sampling))
                    .get()
                    .error()
                    .contains("empty"));
            assertTrue(engine.submit(new Request("a", new int[] {2048}, sampling))
                    .get()
                    .error()
                    .contains("2048"));
            assertNull(engine.submit(new Request("a", new int[] {40, 50}, sampling))
                    .get()
                    .error());
        }
    }

    @Test
    void closingFailsWhatIsUnderWay() {
        Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT);
        List<CompletableFuture<Completion>> futures = IntStream.range(0, 200)
                .mapToObj(i ->
                        engine.submit(new Request("r" + i, new int[] {40 + i, 50}, sampling(0, 200, List.of(), true))))
                .toList();
        engine.close();
        assertTrue(futures.stream().anyMatch(CompletableFuture::isCompletedExceptionally));
        assertThrows(
                ExecutionException.class,
                () -> engine.submit(new Request("late", new int[] {40}, sampling(0, 5, List.of(), false)))
                        .get());
    }

    @Test
    void cancelledRequestsMakeRoom() throws Exception {
        try (Engine engine = Engine.open(DEMO, config(2, 512, 1, 0, true))) {
            CompletableFuture<Completion> abandoned =
                    engine.submit(new Request("a", new int[] {40}, sampling(0, 250, List.of(), true)));
            CompletableFuture<Completion> next =
                    engine.submit(new Request("b", new int[] {41}, sampling(0, 3, List.of(), true)));
            abandoned.cancel(false);
            assertEquals(3, next.get().completionTokens());
            assertTrue(engine.statistics().completionTokens() < 250);
        }
    }

    @Test
    void halvesHoldTwiceTheContextInTheSameMemory() {
        long half = 8 * BYTES_PER_BLOCK;
        assertThrows(ConfigException.class, () -> Engine.open(DEMO, config(1, 16, 1, half, true, "f32", "f32")));
        try (Engine engine = Engine.open(DEMO, config(1, 16, 1, half, true, "f32", "f16"))) {
            assertEquals(256, engine.maximumContext());
        }
    }

    @Test
    void memoryThatDoesNotHoldTheContextIsRefusedWithWhatWouldFit() {
        EngineConfig tooSmall = config(1, 16, 1, 15 * BYTES_PER_BLOCK, true);
        String message = assertThrows(ConfigException.class, () -> Engine.open(DEMO, tooSmall))
                .getMessage();
        assertTrue(message.contains("engine.max_context to at most 240"), message);
        try (Engine engine =
                Engine.open(DEMO, new EngineConfig(1, 16, 1, 240, tooSmall.kvCacheBytes(), true, "f32", "auto"))) {
            assertEquals(240, engine.maximumContext());
        }
    }

    private static EngineConfig config(int threads, int batchTokens, int sequences, long kvBytes, boolean cache) {
        return config(threads, batchTokens, sequences, kvBytes, cache, "f32", "auto");
    }

    private static EngineConfig config(
            int threads,
            int batchTokens,
            int sequences,
            long kvBytes,
            boolean cache,
            String precision,
            String kvPrecision) {
        return new EngineConfig(threads, batchTokens, sequences, 0, kvBytes, cache, precision, kvPrecision);
    }

    private static SamplingParameters sampling(double temperature, int tokens, List<String> stop, boolean ignoreEos) {
        return new SamplingParameters(
                temperature, 0, 0.95, 0, 1.1, 0, 0, Map.of(), 11, tokens, 0, stop, List.of(), ignoreEos, 128);
    }
}
