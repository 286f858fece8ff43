package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.RandomLora;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.kernels.PrecisionSupport;
import io.promptmill.udf.sampler.SamplingParameters;
import io.promptmill.udf.weights.GgufWriter;
import io.promptmill.udf.weights.ModelFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole engine over the demo model with adapters beside it. */
class AdapterEngineTest {
    private static final Path DEMO = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");
    private static final List<Adapter> ADAPTERS = List.of(adapter("a", 1, 4), adapter("b", 2, 16), adapter("c", 3, 20));
    private static final String[] USED = {"a", null, "b", "c", "a", null, "c"};

    private static Adapter adapter(String name, int seed, int rank) {
        return new Adapter(name, () -> new RandomLora(seed, rank, 0.3, RandomLora.ALL), 1);
    }

    private static EngineConfig config(int threads, int batch, int sequences, boolean prefixCache, String precision) {
        return new EngineConfig(threads, batch, sequences, 0, 0, prefixCache, precision, "auto");
    }

    private static SamplingParameters sampling(double temperature) {
        return SamplingParameters.DEFAULT.toBuilder()
                .temperature(temperature)
                .maxTokens(16)
                .seed(3)
                .build();
    }

    /** Prompts that begin alike, with all adapters in turn. */
    private static List<Request> requests(Engine engine, double temperature) {
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < 14; i++) {
            int[] prompt = engine.encoder()
                    .encodeText("Once upon a time there was a small fox named Tom who lived beside a lake. One day "
                            + "he found a red ball. ".repeat(i / 7) + "Then");
            requests.add(new Request("row" + i, prompt, sampling(temperature), USED[i % USED.length]));
        }
        return requests;
    }

    private static List<Completion> complete(Engine engine, List<Request> requests) {
        List<CompletableFuture<Completion>> futures =
                requests.stream().map(engine::submit).toList();
        return futures.stream().map(CompletableFuture::join).toList();
    }

    private static List<String> texts(List<Completion> completions) {
        return completions.stream().map(Completion::text).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32", "int8", "bf16"})
    void completionsDoNotDependOnWhatElseIsComputed(String precision) {
        if (precision.equals("bf16")) {
            PrecisionSupport.assumeBf16();
        }
        for (double temperature : new double[] {0.8}) {
            List<String> alone = new ArrayList<>();
            try (Engine engine = Engine.open(DEMO, config(1, 16, 1, false, precision), ADAPTERS)) {
                for (Request request : requests(engine, temperature)) {
                    alone.add(complete(engine, List.of(request)).get(0).text());
                }
            }
            for (EngineConfig config : List.of(
                    config(2, 512, 256, true, precision),
                    config(2, 21, 9, true, precision),
                    config(1, 64, 5, false, precision))) {
                try (Engine engine = Engine.open(DEMO, config, ADAPTERS)) {
                    assertEquals(alone, texts(complete(engine, requests(engine, temperature))));
                    assertEquals(alone, texts(complete(engine, requests(engine, temperature))));
                    assertEquals(
                            config.prefixCache(), engine.statistics().cachedPromptTokens() > 0, "the prefix cache");
                }
            }
            // Rows without an adapter are those of an engine that has none.
            try (Engine engine = Engine.open(DEMO, config(2, 512, 256, true, precision))) {
                List<Request> plain = requests(engine, temperature).stream()
                        .filter(request -> request.adapter() == null)
                        .toList();
                List<Completion> completed = complete(engine, plain);
                for (int i = 0; i < plain.size(); i++) {
                    int row = Integer.parseInt(plain.get(i).rowId().substring(3));
                    assertEquals(alone.get(row), completed.get(i).text());
                }
            }
        }
    }

    @Test
    void equalPromptsOfOtherAdaptersShareNothing() {
        try (Engine engine = Engine.open(DEMO, config(2, 512, 64, true, "int8"), ADAPTERS)) {
            int[] prompt = engine.encoder()
                    .encodeText("Once upon a time there was a small fox named Tom who lived beside a lake. Then");
            List<Request> requests = new ArrayList<>();
            for (String name : new String[] {null, "a", "b", "c"}) {
                requests.add(new Request("row", prompt.clone(), sampling(0), name));
            }
            List<Completion> completions = complete(engine, requests);
            assertEquals(
                    4,
                    texts(completions).stream().distinct().count(),
                    texts(completions).toString());
            assertEquals(0, engine.statistics().copiedRequests());
            assertEquals(0, engine.statistics().cachedPromptTokens());
            assertEquals(texts(completions), texts(complete(engine, requests)));
            assertEquals(4, engine.statistics().copiedRequests());
        }
    }

    @Test
    void aScaleOfZeroIsTheModelItself() {
        List<Adapter> silent = List.of(new Adapter("silent", () -> new RandomLora(1, 4, 1, RandomLora.ALL), 0));
        List<Adapter> loud = List.of(adapter("silent", 1, 4));
        List<List<String>> texts = new ArrayList<>();
        for (List<Adapter> adapters : List.of(silent, loud)) {
            try (Engine engine = Engine.open(DEMO, config(2, 512, 64, true, "f32"), adapters)) {
                int[] prompt = engine.encoder().encodeText("Once upon a time");
                texts.add(texts(complete(
                        engine,
                        List.of(
                                new Request("r", prompt, sampling(0)),
                                new Request("r", prompt, sampling(0), "silent")))));
            }
        }
        assertEquals(texts.get(0).get(0), texts.get(0).get(1));
        assertEquals(texts.get(0).get(0), texts.get(1).get(0));
        assertNotEquals(texts.get(1).get(0), texts.get(1).get(1));
    }

    @Test
    void anUnknownAdapterIsAnErrorOfItsRow() {
        try (Engine engine = Engine.open(DEMO, config(1, 64, 4, true, "int8"), ADAPTERS)) {
            Completion failed = engine.submit(new Request("r", new int[] {5}, sampling(0), "aa"))
                    .join();
            assertEquals("adapter 'aa' is not known; did you mean 'a'? the adapters are [a, b, c]", failed.error());
        }
        try (Engine engine = Engine.open(DEMO, config(1, 64, 4, true, "int8"))) {
            Completion failed = engine.submit(new Request("r", new int[] {5}, sampling(0), "a"))
                    .join();
            assertEquals("adapter 'a' is not known; the job has no adapters", failed.error());
        }
    }

    @Test
    void adaptersThatDoNotFitAreRefused(@TempDir Path folder) {
        refuse(ConfigException.class, "two adapters are named 'a'", adapter("a", 1, 2), adapter("a", 2, 2));
        Path other = new GgufWriter()
                .put("general.type", "adapter")
                .put("general.architecture", "falcon")
                .put("adapter.type", "lora")
                .tensor("blk.0.attn_q.weight.lora_a", new float[256], 2, 128)
                .tensor("blk.0.attn_q.weight.lora_b", new float[256], 128, 2)
                .writeTo(folder.resolve("other.gguf"));
        refuse(
                ModelFileException.class,
                "'general.architecture' is 'falcon'; expected 'llama'",
                Adapter.of("o", other, 1));
        refuse(ModelFileException.class, "is an adapter, not a model", () -> Engine.open(other, EngineConfig.DEFAULT));
        refuse(ModelFileException.class, "expected 'adapter'", Adapter.of("m", DEMO, 1));
    }

    @Test
    void aFileIsWhatItWasInMemory(@TempDir Path folder) {
        RandomLora random = new RandomLora(9, 8, 0.3, RandomLora.QUERIES_VALUES);
        Path written;
        try (ModelFile base = ModelFile.open(DEMO)) {
            written = random.writeTo(folder.resolve("random.gguf"), base);
        }
        List<Adapter> both = List.of(new Adapter("memory", () -> random, 0.5), Adapter.of("file", written, 0.5));
        try (Engine engine = Engine.open(DEMO, config(2, 64, 8, true, "f32"), both)) {
            int[] prompt = engine.encoder().encodeText("Once upon a time");
            Completion memory = engine.submit(new Request("r", prompt, sampling(0), "memory"))
                    .join();
            Completion file =
                    engine.submit(new Request("r", prompt, sampling(0), "file")).join();
            assertEquals(memory, file);
            assertNotEquals(
                    memory.text(),
                    engine.submit(new Request("r", prompt, sampling(0))).join().text());
        }
    }

    private static void refuse(Class<? extends RuntimeException> type, String part, Adapter... adapters) {
        refuse(type, part, () -> Engine.open(DEMO, config(1, 64, 4, true, "int8"), List.of(adapters)));
    }

    private static void refuse(Class<? extends RuntimeException> type, String part, Executable open) {
        RuntimeException refusal = assertThrows(type, open);
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
    }
}
