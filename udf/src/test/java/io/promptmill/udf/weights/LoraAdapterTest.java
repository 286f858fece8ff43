package io.promptmill.udf.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.kernels.DecodedMatrix;
import io.promptmill.udf.tensor.BlockFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters in both forms, against one another; and those that are refused. */
class LoraAdapterTest {
    private static final Map<String, String> MODULES = new TreeMap<>(Map.of(
            "attn_q", "self_attn.q_proj",
            "attn_k", "self_attn.k_proj",
            "attn_v", "self_attn.v_proj",
            "attn_output", "self_attn.o_proj",
            "ffn_gate", "mlp.gate_proj",
            "ffn_up", "mlp.up_proj",
            "ffn_down", "mlp.down_proj"));

    @TempDir
    private Path folder;

    private ModelFile base;

    @BeforeEach
    void openBase() {
        base = ModelFile.open(conformance("architectures", "llama.gguf"));
    }

    @AfterEach
    void closeBase() {
        base.close();
    }

    private static Path conformance(String folder, String name) {
        return ConformanceData.folder(folder).orElseThrow().resolve(name);
    }

    private static GgufWriter gguf() {
        return new GgufWriter()
                .put("general.type", "adapter")
                .put("general.architecture", "llama")
                .put("adapter.type", "lora")
                .put("adapter.lora.alpha", 8f);
    }

    private static GgufWriter pair(GgufWriter writer, String name, int inputs, int outputs, int rank) {
        return writer.tensor(name + ".lora_a", new float[rank * inputs], rank, inputs)
                .tensor(name + ".lora_b", new float[outputs * rank], outputs, rank);
    }

    private void refuse(String part, GgufWriter writer) {
        refuse(part, writer.writeTo(folder.resolve("adapter.gguf")));
    }

    private void refuse(String part, Path path) {
        ModelFileException refusal = assertThrows(ModelFileException.class, () -> {
            try (LoraAdapter adapter = LoraAdapter.open(path)) {
                adapter.tensors(base);
            }
        });
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
        assertTrue(refusal.getMessage().startsWith(folder.toString()), refusal.getMessage());
    }

    @Test
    void saysWhatItIs() {
        assertTrue(LoraAdapter.isAdapter(conformance("lora", "qv-rank4.gguf")));
        assertFalse(LoraAdapter.isAdapter(conformance("architectures", "llama.gguf")));
        try (LoraAdapter adapter = LoraAdapter.open(conformance("lora", "qv-rank4.gguf"))) {
            LoraSummary summary = adapter.summary();
            assertEquals("llama", summary.architecture());
            assertEquals(List.of(4), List.copyOf(summary.ranks()));
            assertEquals(List.of("attn_q", "attn_v"), List.copyOf(summary.targets()));
            int layers = base.metadata().requireInteger("llama.block_count", 1, 9);
            assertEquals(2 * layers, summary.matrices());
            assertEquals(
                    summary.parameters() * Float.BYTES, summary.formatBytes().get("F32"));
            LowRankTensors queries = adapter.tensors(base).get("blk.0.attn_q.weight");
            assertEquals(4, queries.rank());
            assertEquals(8.0 / 4, queries.scale());
        }
    }

    @Test
    void withoutAnAlphaTheScaleIsOne() {
        GgufWriter writer = new GgufWriter()
                .put("general.type", "adapter")
                .put("general.architecture", "llama")
                .put("adapter.type", "lora");
        Path path = pair(writer, "blk.0.attn_q.weight", 64, 64, 3).writeTo(folder.resolve("a.gguf"));
        try (LoraAdapter adapter = LoraAdapter.open(path)) {
            assertEquals(1, adapter.tensors(base).get("blk.0.attn_q.weight").scale());
        }
    }

    @Test
    void ggufFilesThatAreNoAdapterOfTheModelAreRefused() {
        refuse("has no tensors", gguf());
        refuse("key 'general.type' is 'model'; expected 'adapter'", new GgufWriter().put("general.type", "model"));
        refuse(
                "key 'adapter.type' is 'control_vector'; expected 'lora'",
                new GgufWriter().put("general.type", "adapter").put("adapter.type", "control_vector"));
        refuse("aLoRA", gguf().put("adapter.alora.invocation_tokens", new int[] {1}));
        refuse("is neither .lora_a nor .lora_b", gguf().tensor("blk.0.attn_q.weight", new float[4], 2, 2));
        refuse(
                "tensor 'blk.0.attn_q.weight.lora_a' has no counterpart B",
                gguf().tensor("blk.0.attn_q.weight.lora_a", new float[64], 1, 64));
        refuse(
                "'blk.0.attn_q.weight.lora_a' of shape [2, 64] and 'blk.0.attn_q.weight.lora_b' of shape [64, 3] do not fit",
                gguf().tensor("blk.0.attn_q.weight.lora_a", new float[128], 2, 64)
                        .tensor("blk.0.attn_q.weight.lora_b", new float[192], 64, 3));
        refuse(
                "is added to 'blk.77.attn_q.weight', which " + base.metadata().source() + " does not have",
                pair(gguf(), "blk.77.attn_q.weight", 64, 64, 2));
        refuse(
                "are added to 'blk.0.attn_k.weight' of shape [32, 64] in "
                        + base.metadata().source() + "; expected one of shape [64, 64]",
                pair(gguf(), "blk.0.attn_k.weight", 64, 64, 2));
        refuse("has a dimension of 0", gguf().rawTensor("blk.0.attn_q.weight.lora_a", 0, 0, 64, 0));
        refuse("has rank 5000; expected 1 to 4096", pair(gguf(), "blk.0.attn_q.weight", 64, 64, 5000));
    }

    /** The conformance adapter as PEFT would have saved it. */
    private Path peft(Map<String, Object> settings, BlockFormat format) throws IOException {
        Path saved = Files.createDirectories(folder.resolve("peft"));
        SafetensorsWriter writer = new SafetensorsWriter();
        try (LoraAdapter adapter = LoraAdapter.open(conformance("lora", "all-rank8.gguf"))) {
            adapter.tensors(base).forEach((name, pair) -> {
                String[] parts = name.split("\\.");
                String module = "base_model.model.model.layers." + parts[1] + "." + MODULES.get(parts[2]) + ".lora_";
                float[] up = DecodedMatrix.values(pair.up());
                if (parts[2].equals("attn_q") || parts[2].equals("attn_k")) {
                    String heads = "llama.attention.head_count" + (parts[2].equals("attn_k") ? "_kv" : "");
                    up = halvesApart(up, pair.rank(), base.metadata().requireInteger(heads, 1, 64));
                }
                writer.tensor(module + "A.weight", format, DecodedMatrix.values(pair.down()), List.of(8L, (long)
                        pair.down().columns()));
                writer.tensor(
                        module + "B.weight",
                        format,
                        up,
                        List.of((long) pair.up().rows(), 8L));
            });
        }
        writer.writeTo(saved.resolve("adapter_model.safetensors"));
        Map<String, Object> all =
                new LinkedHashMap<>(Map.of("peft_type", "LORA", "r", 8, "lora_alpha", 16, "bias", "none"));
        all.put("modules_to_save", null);
        all.put("use_dora", false);
        all.put("base_model_name_or_path", "someone/llama");
        all.putAll(settings);
        Files.writeString(saved.resolve("adapter_config.json"), new ObjectMapper().writeValueAsString(all));
        return saved;
    }

    /** Rows as Hugging Face transformers has them: of each head first those of the first members of rotary pairs. */
    private static float[] halvesApart(float[] rows, int columns, int heads) {
        int headSize = rows.length / columns / heads;
        float[] apart = new float[rows.length];
        for (int head = 0; head < heads; head++) {
            for (int pair = 0; pair < headSize / 2; pair++) {
                for (int member = 0; member < 2; member++) {
                    int from = head * headSize + 2 * pair + member;
                    int to = head * headSize + member * headSize / 2 + pair;
                    System.arraycopy(rows, from * columns, apart, to * columns, columns);
                }
            }
        }
        return apart;
    }

    @Test
    void aPeftFolderIsItsGgufFile() throws IOException {
        Path saved = peft(Map.of(), BlockFormat.F32);
        assertTrue(LoraAdapter.isAdapter(saved));
        try (LoraAdapter published = LoraAdapter.open(saved);
                LoraAdapter converted = LoraAdapter.open(conformance("lora", "all-rank8.gguf"))) {
            assertEquals("someone/llama", published.summary().base());
            assertEquals(List.of(8), List.copyOf(published.summary().ranks()));
            assertEquals(7, published.summary().targets().size());
            Map<String, LowRankTensors> actual = published.tensors(base);
            Map<String, LowRankTensors> expected = converted.tensors(base);
            assertEquals(expected.keySet(), actual.keySet());
            expected.forEach((name, pair) -> {
                LowRankTensors own = actual.get(name);
                assertEquals(pair.scale(), own.scale(), name);
                assertArrayEquals(DecodedMatrix.values(pair.down()), DecodedMatrix.values(own.down()), name);
                assertArrayEquals(DecodedMatrix.values(pair.up()), DecodedMatrix.values(own.up()), name);
            });
        }
    }

    @Test
    void peftScalesByPatternAndByTheRootOfTheRank() throws IOException {
        Path saved = peft(
                Map.of("use_rslora", true, "alpha_pattern", Map.of("q_proj", 4, "layers.0.mlp.up_proj", 2)),
                BlockFormat.BF16);
        try (LoraAdapter adapter = LoraAdapter.open(saved)) {
            Map<String, LowRankTensors> tensors = adapter.tensors(base);
            assertEquals(4 / Math.sqrt(8), tensors.get("blk.0.attn_q.weight").scale());
            assertEquals(2 / Math.sqrt(8), tensors.get("blk.0.ffn_up.weight").scale());
            assertEquals(16 / Math.sqrt(8), tensors.get("blk.0.attn_v.weight").scale());
            assertEquals(
                    BlockFormat.BF16, tensors.get("blk.0.attn_q.weight").up().format());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "use_dora|true|key 'use_dora' is 'true', which is not supported",
                "bias|\"all\"|key 'bias' is 'all', which is not supported",
                "peft_type|\"LOHA\"|key 'peft_type' is 'LOHA', which is not supported",
                "modules_to_save|[\"lm_head\"]|key 'modules_to_save' is 'an array', which is not supported",
                "init_lora_weights|\"pissa_niter_4\"|key 'init_lora_weights' is 'pissa_niter_4'",
                "layer_replication|[[0,1]]|key 'layer_replication'",
                "r|0|key 'r' is '0'; expected a number above 0",
                "lora_alpha|null|key 'lora_alpha' is 'null'; expected a number above 0",
                "r|4|but tensor 'base_model.model.model.layers.0.",
                "rank_pattern|{\"(a+)+$\":4}|has the pattern '(a+)+$', which is not supported",
                "alpha_pattern|3|key 'alpha_pattern'",
            })
    void peftSettingsThatAreMoreThanLoraAreRefused(String key, String value, String part) throws IOException {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put(key, new ObjectMapper().readValue(value, Object.class));
        refuse(part, peft(settings, BlockFormat.F32));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector",
                "base_model.model.model.embed_tokens.lora_embedding_A",
                "base_model.model.lm_head.weight",
                "nothing"
            })
    void tensorsThatAreNeitherAnorBAreRefused(String name) throws IOException {
        Path saved = peft(Map.of(), BlockFormat.F32);
        new SafetensorsWriter()
                .tensor(name, BlockFormat.F32, new float[64], List.of(1L, 64L))
                .writeTo(saved.resolve("adapter_model.safetensors"));
        refuse("tensor '" + name + "' is neither A nor B of a linear layer", saved);
    }

    @Test
    void modulesAndFilesThatAreNotThereAreRefused() throws IOException {
        Path saved = peft(Map.of(), BlockFormat.F32);
        Path weights = saved.resolve("adapter_model.safetensors");
        for (String[] refused : new String[][] {
            {"model.layers.0.attn.c_attn", "has no place in architecture 'llama'"},
            {"model.layers.0.block_sparse_moe.experts.1.w1", "belongs to an expert"},
            {"model.layers.9.mlp.up_proj", "is added to 'blk.9.ffn_up.weight', which"},
            {"lm_head", "expected one of shape [9, 64]"}
        }) {
            new SafetensorsWriter()
                    .tensor(
                            "base_model.model." + refused[0] + ".lora_A.weight",
                            BlockFormat.F32,
                            new float[512],
                            List.of(8L, 64L))
                    .tensor(
                            "base_model.model." + refused[0] + ".lora_B.weight",
                            BlockFormat.F32,
                            new float[72],
                            List.of(9L, 8L))
                    .writeTo(weights);
            refuse(refused[1], saved);
        }
        Files.delete(weights);
        refuse("no such file", saved);
        Files.writeString(saved.resolve("adapter_model.bin"), "");
        refuse("is a pickle", saved);
    }
}
