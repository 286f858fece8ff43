package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.RandomLora;
import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.kernels.PrecisionSupport;
import io.promptmill.udf.sampler.SamplingParameters;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Vectors of texts over the demo model. */
class EmbeddingEngineTest {
    private static final Path DEMO = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");
    private static final String STORY = "Once upon a time there was a small fox named Tom who lived beside a lake. ";
    private static final long BYTES_PER_BLOCK = 2L * 6 * 4 * 32 * 16 * Float.BYTES;

    private static final List<Adapter> ADAPTERS =
            List.of(adapter("a", 1, RandomLora.ALL), adapter("b", 2, RandomLora.QUERIES_VALUES));

    private static Adapter adapter(String name, int seed, String targets) {
        return new Adapter(name, () -> new RandomLora(seed, 4, 0.3, targets), 1);
    }

    private static EngineConfig config(
            int threads, int batch, int sequences, long kv, boolean cache, String precision) {
        return new EngineConfig(threads, batch, sequences, 0, kv, cache, precision, "f32");
    }

    private static int[] tokens(Engine engine, int row) {
        return engine.encoder().encodeText(STORY.repeat(1 + row % 4) + "It was day " + row / 3 + ".");
    }

    private static EmbeddingRequest request(Engine engine, int row) {
        return new EmbeddingRequest(
                tokens(engine, row),
                new String[] {null, "a", "b"}[row % 3],
                row % 2 == 0 ? Pooling.MEAN : Pooling.LAST);
    }

    /** Vectors and completions under way together. */
    private record Outcome(List<float[]> vectors, List<String> texts) {}

    private static Outcome together(Engine engine, boolean completions) {
        List<CompletableFuture<Embedding>> vectors = new ArrayList<>();
        List<CompletableFuture<Completion>> texts = new ArrayList<>();
        SamplingParameters sampling =
                SamplingParameters.DEFAULT.toBuilder().maxTokens(40).build();
        for (int row = 0; row < 24; row++) {
            if (completions) {
                texts.add(engine.submit(
                        new Request("row" + row, tokens(engine, row), sampling, row % 2 == 0 ? "a" : null)));
            }
            vectors.add(engine.embed(request(engine, row)));
        }
        return new Outcome(
                vectors.stream()
                        .map(CompletableFuture::join)
                        .peek(embedding -> assertNull(embedding.error()))
                        .map(Embedding::vector)
                        .toList(),
                texts.stream()
                        .map(CompletableFuture::join)
                        .map(Completion::text)
                        .toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32", "int8", "bf16"})
    void doNotDependOnWhatElseIsComputed(String precision) {
        if (precision.equals("bf16")) {
            PrecisionSupport.assumeBf16();
        }
        List<float[]> alone = new ArrayList<>();
        List<String> texts;
        try (Engine engine = Engine.open(DEMO, config(1, 16, 1, 0, false, precision), ADAPTERS)) {
            for (int row = 0; row < 24; row++) {
                alone.add(engine.embed(request(engine, row)).join().vector());
            }
            texts = together(engine, true).texts();
        }
        for (EngineConfig config : List.of(
                config(2, 512, 64, 0, true, precision),
                config(2, 48, 7, 0, false, precision),
                // Barely more than one sequence of the whole context: blocks run out, and states are computed again.
                config(1, 16, 12, 17 * BYTES_PER_BLOCK, true, precision))) {
            try (Engine engine = Engine.open(DEMO, config, ADAPTERS)) {
                Outcome outcome = together(engine, true);
                for (int row = 0; row < alone.size(); row++) {
                    assertArrayEquals(alone.get(row), outcome.vectors().get(row), config + ", row " + row);
                }
                assertEquals(texts, outcome.texts(), config.toString());
                assertEquals(config.kvCacheBytes() > 0, engine.statistics().preemptions() > 0);
            }
        }
    }

    /** The rows that give logits are fewer than those that the adapter of a layer before has. */
    @Test
    void anAdapterOfTheOutputMatrixIsThatOfEachRow() throws IOException {
        Path model = ConformanceData.folder("architectures").orElseThrow().resolve("llama.gguf");
        List<Adapter> adapters = List.of(adapter("a", 1, "output\\.weight"));
        EngineConfig config = config(2, 64, 16, 0, false, "f32");
        try (Engine alone = Engine.open(model, config, adapters);
                Engine mixed = Engine.open(model, config, adapters)) {
            List<CompletableFuture<Embedding>> vectors = new ArrayList<>();
            List<CompletableFuture<Completion>> completions = new ArrayList<>();
            for (int row = 0; row < 12; row++) {
                for (int vector = 0; vector < row % 3; vector++) {
                    vectors.add(mixed.embed(new EmbeddingRequest(new int[] {3 + row, 4 + vector}, null, Pooling.MEAN)));
                }
                completions.add(mixed.submit(scored(row, row % 2 == 0 ? "a" : null)));
            }
            vectors.forEach(vector -> assertNull(vector.join().error()));
            for (int row = 0; row < completions.size(); row++) {
                List<TokenLogprob> expected = logprobs(alone.submit(scored(row, row % 2 == 0 ? "a" : null)));
                assertEquals(expected, logprobs(completions.get(row)), "row " + row);
                assertNotEquals(expected, logprobs(alone.submit(scored(row, row % 2 == 0 ? null : "a"))));
            }
        }
    }

    private static Request scored(int row, String adapter) {
        SamplingParameters sampling = SamplingParameters.DEFAULT.toBuilder()
                .maxTokens(4)
                .ignoreEos(true)
                .build();
        CompletionOptions options = new CompletionOptions(null, null, 3, CompletionOptions.NONE);
        return new Request("row" + row, new int[] {5, 6 + row, 7}, sampling, adapter, options);
    }

    private static List<TokenLogprob> logprobs(CompletableFuture<Completion> completion) {
        assertNull(completion.join().error());
        return completion.join().details().logprobs();
    }

    @Test
    void theMeanIsThatOfAllPrefixes() {
        try (Engine engine = Engine.open(DEMO, config(2, 16, 8, 0, true, "f32"))) {
            int[] tokens = tokens(engine, 2);
            double[] mean = new double[0];
            for (int length = 1; length <= tokens.length; length++) {
                int[] prefix = Arrays.copyOf(tokens, length);
                float[] last = engine.embed(new EmbeddingRequest(prefix, null, Pooling.LAST))
                        .join()
                        .vector();
                mean = length == 1 ? new double[last.length] : mean;
                for (int i = 0; i < last.length; i++) {
                    mean[i] += (double) last[i] / tokens.length;
                }
            }
            float[] pooled = engine.embed(new EmbeddingRequest(tokens, null, Pooling.MEAN))
                    .join()
                    .vector();
            for (int i = 0; i < mean.length; i++) {
                assertEquals(mean[i], pooled[i], 1e-6, "number " + i);
            }
        }
    }

    @Test
    void adaptersChangeThem() {
        try (Engine engine = Engine.open(DEMO, config(2, 64, 8, 0, true, "f32"), ADAPTERS)) {
            float[] plain = embed(engine, null).vector();
            assertFalse(Arrays.equals(plain, embed(engine, "a").vector()));
            assertFalse(embed(engine, "a").copied()
                    && Arrays.equals(plain, embed(engine, "b").vector()));
        }
        try (Engine engine = Engine.open(DEMO, config(2, 64, 8, 0, true, "f32"))) {
            String error = embed(engine, "a").error();
            assertTrue(error.contains("a"), error);
        }
    }

    private static Embedding embed(Engine engine, String adapter) {
        return engine.embed(new EmbeddingRequest(tokens(engine, 0), adapter, Pooling.LAST))
                .join();
    }

    @Test
    void equalTextsAreComputedOnce() {
        try (Engine engine = Engine.open(DEMO, config(2, 512, 64, 0, false, "int8"))) {
            int[] tokens = tokens(engine, 0);
            Embedding first =
                    engine.embed(new EmbeddingRequest(tokens, null, null)).join();
            Embedding second = engine.embed(new EmbeddingRequest(tokens.clone(), null, Pooling.LAST))
                    .join();
            Embedding mean = engine.embed(new EmbeddingRequest(tokens.clone(), null, Pooling.MEAN))
                    .join();
            assertFalse(first.copied());
            assertTrue(second.copied(), "the model's file asks for nothing, which is the last state");
            assertFalse(mean.copied());
            assertArrayEquals(first.vector(), second.vector());
            assertEquals(2L * tokens.length, engine.statistics().promptTokens());
            assertEquals(0, engine.statistics().completionTokens());
        }
    }

    @Test
    void aTextMayFillTheContext() {
        try (Engine engine = Engine.open(DEMO, config(2, 64, 8, 0, true, "f32"))) {
            int context = engine.maximumContext();
            int[] tokens = new int[context + 1];
            Arrays.fill(tokens, 7);
            assertNull(engine.embed(new EmbeddingRequest(Arrays.copyOf(tokens, context), null, Pooling.MEAN))
                    .join()
                    .error());
            Embedding tooLong = engine.embed(new EmbeddingRequest(tokens, null, Pooling.MEAN))
                    .join();
            assertEquals(ErrorCategory.PROMPT_TOO_LONG, tooLong.category());
            assertEquals(
                    "the prompt has " + tokens.length + " tokens; the context holds " + context
                            + ". Shorten the prompt",
                    tooLong.error());
            assertTrue(engine.embed(new EmbeddingRequest(new int[0], null, null))
                    .join()
                    .error()
                    .contains("empty"));
            assertTrue(engine.embed(new EmbeddingRequest(new int[] {1 << 20}, null, null))
                    .join()
                    .error()
                    .contains("outside the vocabulary"));
        }
    }
}
