package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.sampler.SamplingParameters;
import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.weights.GgufFile;
import io.promptmill.udf.weights.HubFolderWriter;
import io.promptmill.udf.weights.Metadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From text to text: a folder with config.json, safetensors and tokenizer.json completes as the GGUF file does. */
class FolderEngineTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int TOKENS = 288;

    @TempDir
    private Path temporary;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama",
                "llama-linear-rope",
                "llama-moe",
                "qwen2",
                "qwen3",
                "gptneox",
                "falcon-7b",
                "falcon-40b",
                "mpt",
                "gpt2",
                "phi3",
                "starcoder2",
                "olmo2",
                "granite"
            })
    void completesAsTheFile(String name) throws Exception {
        Path gguf = gguf(name);
        Path folder = new HubFolderWriter(gguf, BlockFormat.F32).writeTo(temporary, 2);
        writeTokenizer(gguf, folder, TOKENS);
        List<String> expected = complete(gguf);
        assertTrue(expected.stream().anyMatch(text -> text.length() > 10), expected.toString());
        assertEquals(expected, complete(folder));
        assertEquals(
                ModelSummary.of(gguf).architecture(), ModelSummary.of(folder).architecture());
        assertTrue(ModelSummary.of(folder).tokenizer().contains("tokenizer.json"));
    }

    /** Tables are often longer than the vocabulary: what is beyond it is never chosen, whatever its logit. */
    @Test
    void idsBeyondTheTokenizerAreNeverChosen() throws Exception {
        Path gguf = gguf("llama");
        Path folder = new HubFolderWriter(gguf, BlockFormat.F32).writeTo(temporary, 1);
        int known = 267;
        writeTokenizer(gguf, folder, known);
        assertEquals(known, ModelSummary.of(folder).vocabularySize());
        try (Engine engine = Engine.open(folder, EngineConfig.DEFAULT)) {
            for (int i = 0; i < 20; i++) {
                int[] prompt = engine.encoder().encodeText("the thing " + i);
                Completion completion = engine.submit(new Request("row" + i, prompt, sampling(1.5)))
                        .get();
                assertEquals(24, completion.completionTokens());
            }
        }
    }

    @Test
    void aTokenizerWithMoreTokensThanTheModelIsRefused() throws Exception {
        Path gguf = gguf("llama");
        Path folder = new HubFolderWriter(gguf, BlockFormat.F32).writeTo(temporary, 1);
        writeTokenizer(gguf, folder, TOKENS + 3);
        String message = assertThrows(ModelFileException.class, () -> ModelSummary.of(folder))
                .getMessage();
        assertTrue(message.contains("291 tokens") && message.contains("288"), message);
    }

    private static Path gguf(String name) {
        return ConformanceData.folder("architectures")
                .map(folder -> folder.resolve(name + ".gguf"))
                .filter(Files::exists)
                .orElseGet(() -> Assumptions.abort(name + " is not there"));
    }

    private static List<String> complete(Path model) throws Exception {
        try (Engine engine = Engine.open(model, EngineConfig.DEFAULT)) {
            List<CompletableFuture<Completion>> running = new ArrayList<>();
            for (String prompt : List.of("the rain in", "and he is on", "x", "ou\u00e9 \u4e2d and the thing")) {
                for (double temperature : new double[] {0, 0.9}) {
                    int[] tokens = engine.encoder().encodeText(prompt);
                    running.add(engine.submit(new Request(prompt + temperature, tokens, sampling(temperature))));
                }
            }
            List<String> texts = new ArrayList<>();
            for (CompletableFuture<Completion> completion : running) {
                texts.add(completion.get().text());
            }
            return texts;
        }
    }

    private static SamplingParameters sampling(double temperature) {
        return new SamplingParameters(
                temperature, 0, 0.95, 0, 1.1, 0, 0, Map.of(), 11, 24, 0, List.of(), List.of(), true, 0);
    }

    /** The first ids of a GGUF vocabulary of byte-level pairs as a tokenizer.json; further ones are made up. */
    private static void writeTokenizer(Path gguf, Path folder, int ids) throws IOException {
        ObjectNode root = MAPPER.createObjectNode();
        ObjectNode model = root.putObject("model").put("type", "BPE");
        ObjectNode vocabulary = model.putObject("vocab");
        ArrayNode added = root.putArray("added_tokens");
        try (GgufFile file = GgufFile.open(gguf)) {
            Metadata metadata = file.metadata();
            String[] tokens = metadata.texts("tokenizer.ggml.tokens").orElseThrow();
            long[] types = metadata.integers("tokenizer.ggml.token_type").orElseThrow();
            for (int id = 0; id < ids; id++) {
                String token = id < tokens.length ? tokens[id] : "<|more_" + id + "|>";
                if (id >= tokens.length || types[id] == 3) {
                    added.addObject().put("id", id).put("content", token).put("special", true);
                } else {
                    vocabulary.put(token, id);
                }
            }
            ArrayNode merges = model.putArray("merges");
            for (String merge : metadata.texts("tokenizer.ggml.merges").orElseThrow()) {
                if (vocabulary.has(merge.replace(" ", ""))) {
                    merges.add(merge);
                }
            }
        }
        String bytes = "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":true}";
        root.set("pre_tokenizer", MAPPER.readTree(bytes));
        root.set("decoder", MAPPER.readTree(bytes));
        MAPPER.writeValue(folder.resolve("tokenizer.json").toFile(), root);
    }
}
