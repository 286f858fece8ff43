package io.promptmill.udf.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.tensor.BlockFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is wrong with a model folder is named, with the file it is wrong in. */
final class SafetensorsFolderRefusalTest {
    @TempDir
    private Path folder;

    private Map<String, Object> config;

    @BeforeEach
    void writeValid() {
        config = new HashMap<>(Map.of(
                "model_type", "llama",
                "vocab_size", 6,
                "hidden_size", 8,
                "intermediate_size", 10,
                "num_hidden_layers", 1,
                "num_attention_heads", 2));
        writeConfig();
        weights().writeTo(folder.resolve("model.safetensors"));
    }

    private void writeConfig() {
        HubFolderWriter.json(folder.resolve("config.json"), config);
    }

    private static SafetensorsWriter weights() {
        return tensor(
                tensor(tensor(new SafetensorsWriter(), "model.embed_tokens.weight", 6, 8), "model.norm.weight", 8),
                "model.layers.0.self_attn.q_proj.weight",
                8,
                8);
    }

    private static SafetensorsWriter tensor(SafetensorsWriter writer, String name, long... shape) {
        int count = Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b));
        return writer.tensor(
                name,
                BlockFormat.F32,
                new float[count],
                Arrays.stream(shape).boxed().toList());
    }

    private void rewrite(SafetensorsWriter writer) {
        writer.writeTo(folder.resolve("model.safetensors"));
    }

    private void assertRefused(String file, String part) {
        String message = assertThrows(
                        ModelFileException.class,
                        () -> SafetensorsFolder.open(folder).close())
                .getMessage();
        Path place = file.isEmpty() ? folder : folder.resolve(file);
        assertTrue(message.startsWith(place + ": "), message);
        assertTrue(message.contains(part), message);
        assertFalse(message.contains("\n"), message);
    }

    @Test
    void theFolderItselfIsSound() {
        try (ModelFile file = ModelFile.open(folder)) {
            assertEquals(3, file.tensors().size());
            assertEquals(folder.getFileName().toString(), file.metadata().requireText("general.name"));
            assertTrue(file.tokenizerFile().isEmpty());
            assertThrows(ModelFileException.class, () -> file.matrix("blk.0.attn_q.weight", 8, 9));
            String message = assertThrows(ModelFileException.class, () -> file.vector("blk.0.ffn_norm.weight", 8))
                    .getMessage();
            assertTrue(message.contains("'blk.0.ffn_norm.weight' of shape [8] is missing"), message);
        }
    }

    static Stream<Arguments> settings() {
        return Stream.of(
                arguments(
                        "model_type", "retnet", "key 'model_type' is 'retnet'; this engine reads folders of: cohere, "),
                arguments("model_type", null, "key 'model_type' is missing"),
                arguments("model_type", 7, "key 'model_type' is '7'; expected text"),
                arguments("hidden_size", null, "key 'hidden_size' or 'n_embd' or 'd_model' is missing"),
                arguments("hidden_size", "8", "key 'hidden_size' is '8'; expected an integer"),
                arguments("hidden_size", 8.5, "expected an integer"),
                arguments("hidden_size", 1L << 40, "expected an integer"),
                arguments("hidden_size", -8, "key 'hidden_size' is -8; expected 1 or more"),
                arguments("num_attention_heads", 16, "expected rows for 16 heads of an even size"),
                arguments("head_dim", Integer.MAX_VALUE, "expected heads of 1 to 65536 numbers"),
                arguments("num_attention_heads", 3, "has shape [8, 8]; expected rows for 3 heads of an even size"),
                arguments("hidden_act", "relu", "key 'hidden_act' is 'relu', which is not supported"),
                arguments("rope_scaling", Map.of("type", "spiral"), "key 'type' is 'spiral', which is not supported"),
                arguments("rope_scaling", Map.of("rope_type", "longrope"), "key 'rope_type' is 'longrope'"),
                arguments("rope_scaling", List.of(1), "key 'rope_scaling' is an array; expected an object"),
                arguments("rope_scaling", Map.of("type", "linear"), "key 'factor' is missing"),
                arguments("rms_norm_eps", true, "key 'rms_norm_eps' is 'true'; expected a number"),
                arguments("tie_word_embeddings", "yes", "key 'tie_word_embeddings' is 'yes'; expected true or false"),
                arguments("quantization_config", Map.of("quant_method", "gptq"), "quantised by 'gptq'"),
                arguments("quantization_config", Map.of(), "Use the model's GGUF file"));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("settings")
    void refusesSettingsByName(String key, Object value, String part) {
        config.put(key, value);
        writeConfig();
        String message = assertThrows(ModelFileException.class, () -> SafetensorsFolder.open(folder))
                .getMessage();
        assertTrue(message.startsWith(folder.toString()), message);
        assertTrue(message.contains(part), message);
    }

    @Test
    void refusesBrokenJson() throws IOException {
        Path file = folder.resolve("config.json");
        for (String broken : new String[] {"", "{", "[]", "{\"a\":1,\"a\":2}", "{} {}", "{\"a\":" + "[".repeat(5000)}) {
            Files.writeString(file, broken);
            assertRefused("config.json", "not");
        }
        Files.writeString(file, " ".repeat(5 << 20));
        assertRefused("config.json", "has 5242880 bytes; expected 4194304 at most");
        Files.delete(file);
        assertRefused("config.json", "no such file");
    }

    @Test
    void survivesSettingsThatAreDamagedAtRandom() throws IOException {
        config.put("rope_scaling", Map.of("rope_type", "llama3", "factor", 8, "high_freq_factor", 4));
        writeConfig();
        byte[] valid = Files.readAllBytes(folder.resolve("config.json"));
        Random random = new Random(7);
        int opened = 0;
        for (int round = 0; round < 500; round++) {
            byte[] mutant = valid.clone();
            for (int change = random.nextInt(3); change >= 0; change--) {
                mutant[random.nextInt(mutant.length)] = (byte) "0123456789,:{}[]\"-e".charAt(random.nextInt(19));
            }
            Files.write(folder.resolve("config.json"), mutant);
            try (ModelFile file = ModelFile.open(folder)) {
                opened++;
            } catch (ModelFileException expected) {
                assertTrue(expected.getMessage().startsWith(folder.toString()), expected.getMessage());
            }
        }
        assertTrue(opened > 25 && opened < 475, opened + " opened");
    }

    @Test
    void refusesTensorsThatHaveNoPlace() {
        rewrite(tensor(weights(), "model.layers.0.self_attn.surprise.weight", 8));
        assertRefused("model.safetensors", "'model.layers.0.self_attn.surprise.weight' has no place in architecture");
        rewrite(tensor(weights(), "model.layers.0.mlp.experts.0.gate_proj.weight", 8, 8));
        assertRefused("model.safetensors", "has no place");
        rewrite(tensor(weights(), "score.weight", 2, 8));
        assertRefused("model.safetensors", "has no place");
        rewrite(tensor(weights(), "embed_tokens.weight", 6, 8));
        assertRefused("model.safetensors", "means the same as tensor 'model.embed_tokens.weight'");
        rewrite(tensor(weights(), "model.layers.0.self_attn.k_proj.weight"));
        assertRefused("model.safetensors", "has shape []; expected rows for 2 heads");
    }

    @Test
    void refusesTypesThatAreNotRead() {
        for (String type : new String[] {"I8", "F64", "F8_E4M3"}) {
            int bytes = type.equals("F64") ? 64 : 8;
            rewrite(weights().tensor("model.layers.0.input_layernorm.weight", type, new byte[bytes], List.of(8L)));
            assertRefused("model.safetensors", "is stored as " + type + "; expected F32, F16 or BF16");
        }
    }

    @Test
    void refusesExpertsThatDiffer() {
        config.put("model_type", "mixtral");
        writeConfig();
        String name = "model.layers.0.block_sparse_moe.experts.%d.w1.weight";
        rewrite(tensor(tensor(weights(), String.format(name, 0), 10, 8), String.format(name, 2), 10, 8));
        assertRefused("model.safetensors", "experts.0.w1.weight' has no counterpart of expert 1");
        rewrite(tensor(tensor(weights(), String.format(name, 0), 10, 8), String.format(name, 1), 8, 10));
        assertRefused(
                "model.safetensors", "experts.1.w1.weight' is F32 of shape [8, 10]; expected F32 of shape [10, 8]");
    }

    @Test
    void namesMissingWeights() throws IOException {
        Path weights = folder.resolve("model.safetensors");
        Files.copy(weights, folder.resolve("a.safetensors"));
        Files.move(weights, folder.resolve("b.safetensors"));
        assertRefused("", "has 2 files such as a.safetensors, but neither model.safetensors nor");
        Files.delete(folder.resolve("b.safetensors"));
        SafetensorsFolder.open(folder).close();
        Files.delete(folder.resolve("a.safetensors"));
        assertRefused("", "has no .safetensors file. Download");
        Files.writeString(folder.resolve("some.gguf"), "");
        assertRefused("", "Name the file in it, such as some.gguf");
        Files.writeString(folder.resolve("pytorch_model.bin"), "");
        assertRefused("", "pytorch_model.bin looks like a pickle");
    }

    @Test
    void refusesAnIndexThatContradictsTheShards() throws IOException {
        Files.move(folder.resolve("model.safetensors"), folder.resolve("one.safetensors"));
        String norm = "model.norm.weight";
        Map<String, Object> map = new HashMap<>();
        weights().names().forEach(name -> map.put(name, "one.safetensors"));
        index(Map.of("weight_map", map));
        SafetensorsFolder.open(folder).close();
        map.put("more", "two.safetensors");
        index(Map.of("weight_map", map));
        assertRefused("two.safetensors", "no such file; " + folder.resolve("model.safetensors.index.json"));
        map.put("more", "one.safetensors");
        index(Map.of("weight_map", map));
        assertRefused("one.safetensors", "tensor 'more' is missing");
        map.remove("more");
        Object place = map.remove(norm);
        index(Map.of("weight_map", map));
        assertRefused("one.safetensors", "has tensor 'model.norm.weight', which");
        for (Object bad :
                new Object[] {"../one.safetensors", "/one.safetensors", "one.bin", "", 7, "o\nne.safetensors"}) {
            map.put(norm, bad);
            index(Map.of("weight_map", map));
            assertRefused("model.safetensors.index.json", "expected the name of a .safetensors file in this folder");
        }
        map.put(norm, place);
        weights().writeTo(folder.resolve("two.safetensors"));
        map.put("model.embed_tokens.weight", "two.safetensors");
        index(Map.of("weight_map", map));
        assertRefused("one.safetensors", "'model.embed_tokens.weight', which " + folder);
        index(Map.of("weight_map", Map.of()));
        assertRefused("model.safetensors.index.json", "key 'weight_map' is not an object with entries");
    }

    private void index(Map<String, Object> index) {
        HubFolderWriter.json(folder.resolve("model.safetensors.index.json"), index);
    }
}
