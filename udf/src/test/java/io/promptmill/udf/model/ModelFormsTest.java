package io.promptmill.udf.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.kernels.DecodedMatrix;
import io.promptmill.udf.kernels.KernelProvider;
import io.promptmill.udf.kernels.WorkerPool;
import io.promptmill.udf.layers.Compute;
import io.promptmill.udf.layers.KvCache;
import io.promptmill.udf.layers.KvPrecision;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;
import io.promptmill.udf.weights.GgufFile;
import io.promptmill.udf.weights.Metadata;
import io.promptmill.udf.weights.ModelFile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Forms of models that have no reference file: each against one that has. */
class ModelFormsTest {
    private static final int TOKENS = 20;

    /** Files of DeepSeek before keys and values were stored by head have both in one tensor, and other sizes. */
    @Test
    void latentAttentionWithKeysAndValuesInOneTensorIsTheSame() {
        try (GgufFile file = open("deepseek2")) {
            int heads = 4;
            int latent = 24;
            int plain = 16;
            int values = 16;
            Map<String, Object> keys = keys(file);
            keys.keySet().removeIf(key -> key.endsWith("_mla"));
            keys.put("deepseek2.attention.key_length", 24L);
            keys.put("deepseek2.attention.value_length", 16L);
            keys.put("deepseek2.attention.head_count_kv", 4L);
            List<String> removed = new ArrayList<>();
            for (int layer = 0; layer < 3; layer++) {
                removed.add("blk." + layer + ".attn_k_b.weight");
                removed.add("blk." + layer + ".attn_v_b.weight");
            }
            VariantFile older = new VariantFile(file, new Metadata("older form", keys), removed);
            for (int layer = 0; layer < 3; layer++) {
                String block = "blk." + layer + ".";
                Matrix[] keyUp = file.matrices(block + "attn_k_b.weight", heads, latent, plain);
                Matrix[] valueUp = file.matrices(block + "attn_v_b.weight", heads, values, latent);
                float[] both = new float[heads * (plain + values) * latent];
                for (int head = 0; head < heads; head++) {
                    float[] k = DecodedMatrix.values(keyUp[head]);
                    float[] v = DecodedMatrix.values(valueUp[head]);
                    int start = head * (plain + values) * latent;
                    for (int row = 0; row < plain; row++) {
                        for (int i = 0; i < latent; i++) {
                            both[start + row * latent + i] = k[i * plain + row];
                        }
                    }
                    System.arraycopy(v, 0, both, start + plain * latent, v.length);
                }
                older.add(block + "attn_kv_b.weight", both, heads * (plain + values), latent);
            }
            assertEquals(ModelRegistry.shape(file), ModelRegistry.shape(older));
            assertArrayEquals(logits(file), logits(older));
        }
    }

    /** Mixtral's first files have a tensor for each expert. */
    @Test
    void expertsInTensorsOfTheirOwnAreTheSame() {
        try (GgufFile file = open("llama-moe")) {
            List<String> removed = new ArrayList<>();
            for (int layer = 0; layer < 2; layer++) {
                for (String which : new String[] {"gate", "up", "down"}) {
                    removed.add("blk." + layer + ".ffn_" + which + "_exps.weight");
                }
            }
            VariantFile older = new VariantFile(file, file.metadata(), removed);
            for (int layer = 0; layer < 2; layer++) {
                for (String which : new String[] {"gate", "up", "down"}) {
                    int rows = which.equals("down") ? 64 : 96;
                    Matrix[] experts =
                            file.matrices("blk." + layer + ".ffn_" + which + "_exps.weight", 4, rows, 160 - rows);
                    for (int i = 0; i < experts.length; i++) {
                        older.add(
                                "blk." + layer + ".ffn_" + which + "." + i + ".weight",
                                DecodedMatrix.values(experts[i]),
                                rows,
                                160 - rows);
                    }
                }
            }
            assertArrayEquals(logits(file), logits(older));
        }
    }

    /** Norms of queries and keys with a weight for each head are there in the largest Command R and StableLM. */
    @Test
    void normsOfHeadsChangeTheResultAndAreTakenByHead() {
        try (GgufFile file = open("command-r")) {
            float[] plain = logits(file);
            float[] ones = new float[4 * 16];
            Arrays.fill(ones, 1f);
            float[] normed = logits(withHeadNorms(file, ones));
            assertFalse(Arrays.equals(plain, normed));
            float[] doubledInOneHead = ones.clone();
            Arrays.fill(doubledInOneHead, 3 * 16, 64, 2f);
            assertFalse(Arrays.equals(normed, logits(withHeadNorms(file, doubledInOneHead))));
        }
    }

    private static ModelFile withHeadNorms(GgufFile file, float[] queryWeights) {
        VariantFile variant = new VariantFile(file, file.metadata(), List.of());
        float[] keyWeights = new float[2 * 16];
        Arrays.fill(keyWeights, 1f);
        for (int layer = 0; layer < 2; layer++) {
            variant.add("blk." + layer + ".attn_q_norm.weight", queryWeights, 4, 16);
            variant.add("blk." + layer + ".attn_k_norm.weight", keyWeights, 2, 16);
        }
        return variant;
    }

    @Test
    void longRopeTakesTheFactorsOfTheContextInUse() {
        try (GgufFile file = open("phi3")) {
            Map<String, Object> keys = keys(file);
            keys.put("phi3.rope.scaling.original_context_length", 64L);
            float[] ones = new float[8];
            Arrays.fill(ones, 1f);
            float[] slow = new float[8];
            Arrays.fill(slow, 4f);
            VariantFile variant = new VariantFile(file, new Metadata("long rope", keys), List.of())
                    .add("rope_factors_short.weight", ones, 8)
                    .add("rope_factors_long.weight", slow, 8);
            assertArrayEquals(logits(file, 64), logits(variant, 64));
            assertFalse(Arrays.equals(logits(file, 65), logits(variant, 65)));
        }
    }

    /** DeepSeek V3 is published with a layer more, which guesses the token after the next. */
    @Test
    void layersThatGuessFurtherTokensArePassedOver() {
        try (GgufFile file = open("deepseek2")) {
            Map<String, Object> keys = keys(file);
            keys.put("deepseek2.block_count", 4L);
            keys.put("deepseek2.nextn_predict_layers", 1L);
            VariantFile variant = new VariantFile(file, new Metadata("further layer", keys), List.of())
                    .add("blk.3.nextn.eh_proj.weight", new float[128], 1, 128)
                    .add("blk.3.attn_norm.weight", new float[64], 64);
            assertArrayEquals(logits(file), logits(variant));
            VariantFile unknown =
                    new VariantFile(file, file.metadata(), List.of()).add("blk.3.attn_norm.weight", new float[64], 64);
            String message = assertThrows(ModelFileException.class, () -> logits(unknown))
                    .getMessage();
            assertTrue(message.contains("blk.3.attn_norm.weight"), message);
        }
    }

    /** As some converters store them, gate first. */
    @Test
    void expertsWithGateAndUpInOneTensorAreTheSame() {
        try (GgufFile file = open("deepseek2")) {
            List<String> removed = new ArrayList<>();
            VariantFile fused = new VariantFile(file, file.metadata(), removed);
            for (int layer = 1; layer < 3; layer++) {
                String block = "blk." + layer + ".";
                Matrix[] gate = file.matrices(block + "ffn_gate_exps.weight", 6, 48, 64);
                Matrix[] up = file.matrices(block + "ffn_up_exps.weight", 6, 48, 64);
                float[] both = new float[6 * 96 * 64];
                for (int i = 0; i < 6; i++) {
                    System.arraycopy(DecodedMatrix.values(gate[i]), 0, both, 2 * i * 48 * 64, 48 * 64);
                    System.arraycopy(DecodedMatrix.values(up[i]), 0, both, (2 * i + 1) * 48 * 64, 48 * 64);
                }
                removed.add(block + "ffn_gate_exps.weight");
                removed.add(block + "ffn_up_exps.weight");
                fused.add(block + "ffn_gate_up_exps.weight", both, 6, 96, 64);
            }
            assertArrayEquals(logits(file), logits(fused));
        }
    }

    /** The first files of Qwen with experts give one width: of the shared expert, and of all chosen ones together. */
    @Test
    void widthsOfExpertsThatAreNotGivenFollowFromTheOthers() {
        try (GgufFile file = open("qwen2moe")) {
            Map<String, Object> keys = keys(file);
            keys.remove("qwen2moe.expert_feed_forward_length");
            assertEquals(
                    ModelRegistry.shape(file),
                    ModelRegistry.shape(new VariantFile(file, new Metadata("first files", keys), List.of())));
        }
    }

    /** The text parts of GLM's models with images turn the halves of a head, not neighbours. */
    @Test
    void sectionsOfPositionsSayWhichPairsTurn() {
        try (GgufFile file = open("glm4")) {
            Map<String, Object> keys = keys(file);
            keys.put("glm4.rope.dimension_sections", new long[] {0, 0, 0, 0});
            assertArrayEquals(
                    logits(file), logits(new VariantFile(file, new Metadata("no sections", keys), List.of())));
            keys.put("glm4.rope.dimension_sections", new long[] {1, 1, 2, 0});
            assertFalse(Arrays.equals(
                    logits(file), logits(new VariantFile(file, new Metadata("sections", keys), List.of()))));
        }
    }

    @Test
    void learnedPositionsBesideSlopesAreAdded() {
        try (GgufFile file = open("mpt")) {
            VariantFile none = new VariantFile(file, file.metadata(), List.of())
                    .add("position_embd.weight", new float[128 * 64], 128, 64);
            assertArrayEquals(logits(file), logits(none));
            float[] positions = new float[128 * 64];
            positions[5 * 64 + 3] = 1;
            VariantFile some =
                    new VariantFile(file, file.metadata(), List.of()).add("position_embd.weight", positions, 128, 64);
            assertFalse(Arrays.equals(logits(file), logits(some)));
        }
    }

    @Test
    void keysThatContradictThemselvesAreRefusedByName() {
        try (GgufFile file = open("deepseek2")) {
            assertRefused(file, "deepseek2.expert_group_count", 4L, "a divisor of expert_count 6");
            assertRefused(file, "deepseek2.expert_used_count", 7L, "expert_used_count");
            assertRefused(file, "deepseek2.attention.key_length_mla", 8L, "rope.dimension_count 8");
            assertRefused(file, "deepseek2.rope.scaling.type", "spiral", "linear, yarn, longrope and none");
            assertRefused(file, "deepseek2.attention.temperature_scale", 0.1, "attention.temperature_scale");
            assertRefused(file, "deepseek2.attention.head_count", 1L << 20, "heads");
            assertRefused(file, "deepseek2.attention.causal", false, "attention.causal");
        }
        try (GgufFile file = open("gemma2")) {
            assertRefused(
                    file, "gemma2.attention.sliding_window_pattern", new boolean[] {true}, "one for each of 4 layers");
            assertRefused(file, "gemma2.block_count", new long[] {4, 5}, "differs from layer to layer");
        }
    }

    private static void assertRefused(GgufFile file, String key, Object value, String expected) {
        Map<String, Object> keys = keys(file);
        keys.put(key, value);
        ModelFile variant = new VariantFile(file, new Metadata("variant.gguf", keys), List.of());
        String message =
                assertThrows(ModelFileException.class, () -> logits(variant)).getMessage();
        assertTrue(message.contains("variant.gguf") && message.contains(expected), message);
    }

    @Test
    void eachLayersOwnFlagSaysWhichSlide() {
        try (GgufFile file = open("gemma2")) {
            Map<String, Object> keys = keys(file);
            keys.put("gemma2.attention.sliding_window_pattern", new boolean[] {true, false, true, false});
            assertArrayEquals(logits(file), logits(new VariantFile(file, new Metadata("flags", keys), List.of())));
            keys.put("gemma2.attention.sliding_window_pattern", new boolean[4]);
            assertFalse(
                    Arrays.equals(logits(file), logits(new VariantFile(file, new Metadata("flags", keys), List.of()))));
        }
    }

    private static GgufFile open(String name) {
        return ConformanceData.folder("architectures")
                .map(folder -> folder.resolve(name + ".gguf"))
                .filter(java.nio.file.Files::exists)
                .map(GgufFile::open)
                .orElseGet(() -> Assumptions.abort(name + " is not there"));
    }

    /** A copy of all keys. */
    private static Map<String, Object> keys(GgufFile file) {
        return new HashMap<>(file.metadata().all());
    }

    private static float[] logits(ModelFile file) {
        return logits(file, 2 * TOKENS);
    }

    private static float[] logits(ModelFile file, int context) {
        try (WorkerPool workers = new WorkerPool(1, "forms")) {
            Model model = ModelRegistry.load(
                    file, new Compute(KernelProvider.get(), workers), new ModelSize(TOKENS, TOKENS, context));
            KvCache cache = model.shape().newKvCache(KvPrecision.F32, 2);
            StepBatch batch = new StepBatch(TOKENS);
            for (int i = 0; i < TOKENS; i++) {
                batch.add(10 + 7 * i, i, new int[] {0, 1}, true);
            }
            RowTiles logits = model.forward(batch, cache);
            float[] all = new float[TOKENS * logits.features()];
            for (int i = 0; i < TOKENS; i++) {
                logits.readRow(i, 0, logits.features(), all, i * logits.features());
            }
            return all;
        }
    }
}
