package io.promptmill.udf.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.tensor.BlockFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What published configurations say beyond sizes. */
final class HubSettingsTest {
    @TempDir
    private Path folder;

    private static Map<String, Object> config(String type, Object... more) {
        Map<String, Object> config = new HashMap<>(Map.of(
                "model_type", type,
                "vocab_size", 4,
                "hidden_size", 256,
                "intermediate_size", 8,
                "num_hidden_layers", 1,
                "num_attention_heads", 2,
                "max_position_embeddings", 131_072));
        for (int i = 0; i < more.length; i += 2) {
            config.put((String) more[i], more[i + 1]);
        }
        return config;
    }

    private SafetensorsFolder open(Map<String, Object> config, String... tensors) {
        HubFolderWriter.json(folder.resolve("config.json"), config);
        SafetensorsWriter writer = new SafetensorsWriter();
        for (String name : tensors) {
            writer.tensor(name, BlockFormat.BF16, new float[] {1, 2}, List.of(2L));
        }
        writer.writeTo(folder.resolve("model.safetensors"));
        return SafetensorsFolder.open(folder);
    }

    private Metadata metadata(Map<String, Object> config) {
        try (SafetensorsFolder file = open(config)) {
            return file.metadata();
        }
    }

    /** Expected values computed in double precision from the formula of the Llama 3.1 release. */
    @Test
    void llama3ScalesLongWavelengths() {
        Map<String, Object> scaling = Map.of(
                "rope_type", "llama3",
                "factor", 8.0,
                "low_freq_factor", 1.0,
                "high_freq_factor", 4.0,
                "original_max_position_embeddings", 8192);
        try (ModelFile file = open(config("llama", "rope_theta", 500_000.0, "rope_scaling", scaling))) {
            float[] factors = file.vector("rope_freqs.weight", 64);
            assertFalse(file.metadata().has("llama.rope.scaling.type"));
            for (int i = 0; i < 64; i++) {
                double wavelength = 2 * Math.PI * Math.pow(500_000, i / 64.0);
                double expected = 1;
                if (wavelength > 8192) {
                    expected = 8;
                } else if (wavelength >= 2048) {
                    double smooth = (8192 / wavelength - 1) / 3;
                    expected = 1 / ((1 - smooth) / 8 + smooth);
                }
                assertEquals(expected, factors[i], 1e-5 * expected, "pair " + i);
            }
            assertEquals(1, factors[28]);
            assertTrue(factors[29] > 1 && factors[34] < 8);
            assertEquals(8, factors[35]);
        }
    }

    @Test
    void phi3HasFactorsForShortAndLongContexts() {
        float[] ones = new float[48];
        Arrays.fill(ones, 1.5f);
        Map<String, Object> scaling = Map.of("type", "longrope", "short_factor", ones, "long_factor", new float[48]);
        Map<String, Object> config = config(
                "phi3",
                "rope_scaling",
                scaling,
                "original_max_position_embeddings",
                4096,
                "partial_rotary_factor",
                0.75,
                "sliding_window",
                2047);
        try (ModelFile file = open(config)) {
            assertArrayEquals(ones, file.vector("rope_factors_short.weight", 48));
            assertArrayEquals(new float[48], file.vector("rope_factors_long.weight", 48));
            Metadata metadata = file.metadata();
            assertEquals(4096, metadata.requireNumber("phi3.rope.scaling.original_context_length"));
            assertEquals(96, metadata.requireNumber("phi3.rope.dimension_count"));
            assertEquals(2047, metadata.requireNumber("phi3.attention.sliding_window"));
            // sqrt(1 + ln(32) / ln(4096)), as published with the model.
            assertEquals(1.190238, metadata.requireNumber("phi3.rope.scaling.attn_factor"), 1e-6);
        }
        config.put("rope_scaling", Map.of("type", "longrope", "short_factor", ones, "long_factor", List.of(1, 2)));
        String message =
                assertThrows(ModelFileException.class, () -> open(config)).getMessage();
        assertTrue(message.contains("key 'long_factor' has 2 numbers; expected 48"), message);
    }

    @Test
    void rotaryParametersOfNewVersionsAreRead() {
        Metadata metadata = metadata(config(
                "qwen3",
                "rope_parameters",
                Map.of(
                        "rope_type",
                        "yarn",
                        "rope_theta",
                        5e6,
                        "factor",
                        4.0,
                        "beta_fast",
                        32,
                        "original_max_position_embeddings",
                        32_768)));
        assertEquals(5e6, metadata.requireNumber("qwen3.rope.freq_base"));
        assertEquals("yarn", metadata.requireText("qwen3.rope.scaling.type"));
        assertEquals(4, metadata.requireNumber("qwen3.rope.scaling.factor"));
        assertEquals(32, metadata.requireNumber("qwen3.rope.scaling.yarn_beta_fast"));
        assertEquals(32_768, metadata.requireNumber("qwen3.rope.scaling.original_context_length"));
        assertEquals(128, metadata.requireNumber("qwen3.attention.key_length"));
    }

    @Test
    void gemma3WithImagesGivesItsTextModel() {
        Map<String, Object> text = Map.of(
                "model_type", "gemma3_text",
                "hidden_size", 2560,
                "intermediate_size", 10_240,
                "num_hidden_layers", 34,
                "sliding_window", 1024,
                "rope_scaling", Map.of("rope_type", "linear", "factor", 8.0));
        Map<String, Object> config = Map.of("model_type", "gemma3", "text_config", text, "vision_config", Map.of());
        try (ModelFile file = open(
                config,
                "language_model.model.norm.weight",
                "model.language_model.layers.3.self_attn.q_norm.weight",
                "vision_tower.vision_model.post_layernorm.weight",
                "multi_modal_projector.mm_soft_emb_norm.weight")) {
            assertEquals(
                    Set.of("output_norm.weight", "blk.3.attn_q_norm.weight"),
                    file.tensors().keySet());
            assertArrayEquals(new float[] {2, 3}, file.vector("output_norm.weight", 2));
            Metadata metadata = file.metadata();
            assertEquals("gemma3", metadata.requireText("general.architecture"));
            assertEquals(256, metadata.requireNumber("gemma3.attention.key_length"));
            assertEquals(8, metadata.requireNumber("gemma3.attention.head_count"));
            assertEquals(1e6, metadata.requireNumber("gemma3.rope.freq_base"));
            assertEquals(1e4, metadata.requireNumber("gemma3.rope.freq_base_swa"));
            assertEquals("linear", metadata.requireText("gemma3.rope.scaling.type"));
            assertEquals(262_208, metadata.requireNumber("gemma3.vocab_size"));
        }
    }

    @Test
    void variantsThatWouldBeComputedWronglyAreRefused() {
        Map<String, Map<String, Object>> variants = Map.of(
                "use_sliding_window", config("qwen2", "use_sliding_window", true),
                "norm_topk_prob", config("qwen3_moe", "norm_topk_prob", false),
                "mlp_only_layers", config("qwen2_moe", "mlp_only_layers", List.of(0)),
                "alibi", config("falcon", "alibi", true),
                "query_pre_attn_scalar", config("gemma2", "query_pre_attn_scalar", 144, "num_key_value_heads", 2),
                "sliding_window_pattern", config("gemma3", "sliding_window_pattern", 5),
                "layer_types", config("gemma2", "layer_types", List.of("full_attention"), "num_key_value_heads", 2),
                "no_rope_layers", config("smollm3", "no_rope_layers", List.of(0)),
                "qk_layernorm", config("phi", "qk_layernorm", true),
                "scale_attn_by_inverse_layer_idx", config("gpt2", "scale_attn_by_inverse_layer_idx", true));
        variants.forEach((key, config) -> {
            String message =
                    assertThrows(ModelFileException.class, () -> open(config)).getMessage();
            assertTrue(message.contains("key '" + key + "' is ") && message.contains("not supported"), message);
        });
    }

    @Test
    void theOutputOfATiedModelIsLeftOut() {
        try (ModelFile untied = open(config("llama"), "lm_head.weight")) {
            assertTrue(untied.has("output.weight"));
        }
        try (ModelFile tied = open(config("llama", "tie_word_embeddings", true), "lm_head.weight")) {
            assertTrue(tied.tensors().isEmpty());
        }
        try (ModelFile gemma = open(config("gemma2", "num_key_value_heads", 2), "lm_head.weight")) {
            assertTrue(gemma.tensors().isEmpty());
        }
    }

    @Test
    void linksOfTheHubsCacheAreFollowed() throws IOException {
        Path cache = Files.createDirectories(folder.resolve("models--maker--tiny-model"));
        Path blobs = Files.createDirectories(cache.resolve("blobs"));
        Path snapshot = Files.createDirectories(cache.resolve("snapshots/0123456789"));
        HubFolderWriter.json(blobs.resolve("a"), config("llama"));
        Files.writeString(blobs.resolve("c"), "{}");
        new SafetensorsWriter()
                .tensor("model.norm.weight", BlockFormat.F16, new float[] {1}, List.of(1L))
                .writeTo(blobs.resolve("b"));
        Files.createSymbolicLink(snapshot.resolve("config.json"), Path.of("../../blobs/a"));
        Files.createSymbolicLink(snapshot.resolve("model.safetensors"), Path.of("../../blobs/b"));
        Files.createSymbolicLink(snapshot.resolve("tokenizer.json"), Path.of("../../blobs/c"));
        try (ModelFile file = ModelFile.open(snapshot)) {
            assertEquals("tiny-model", file.metadata().requireText("general.name"));
            assertEquals(
                    snapshot.resolve("tokenizer.json"), file.tokenizerFile().orElseThrow());
            assertArrayEquals(new float[] {1}, file.vector("output_norm.weight", 1));
        }
    }
}
