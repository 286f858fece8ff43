package io.promptmill.udf.weights;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Gemma 1 to 3: norms stored less one, heads of a size of their own, and local layers from the second on. */
final class GemmaFamilies {
    private GemmaFamilies() {}

    static void addTo(HubFamilies.Registry families) {
        Map<String, Object> shared = Map.of(
                "head_dim",
                256,
                "rms_norm_eps",
                1e-6,
                "rope_theta",
                1e4,
                "max_position_embeddings",
                8192,
                "tie_word_embeddings",
                true);
        Consumer<HubKeys> gemma = keys -> {
            keys.sizes().headLength().rmsNorm().activation("gelu");
            HubRope.write(keys);
        };
        families.add("gemma", "gemma", LlamaFamilies.LLAMA, shared, gemma, TensorRule.NORMS_LESS_ONE);

        Map<String, Object> second = new TreeMap<>(shared);
        second.putAll(Map.of(
                "attn_logit_softcapping", 50.0,
                "final_logit_softcapping", 30.0,
                "sliding_window", 4096,
                "num_attention_heads", 8,
                "num_key_value_heads", 4));
        families.add(
                "gemma2",
                "gemma2",
                LlamaFamilies.LLAMA.with(LlamaFamilies.FOUR_NORMS),
                second,
                gemma.andThen(keys -> expectScale(keys, 46)
                        .copyNumber("attn_logit_softcapping", "attn_logit_softcapping")
                        .copyNumber("final_logit_softcapping", "final_logit_softcapping")
                        .copyInteger("attention.sliding_window", "sliding_window")
                        .expectEvery("layer_types", 2, "full_attention")),
                TensorRule.NORMS_LESS_ONE);

        Map<String, Object> third = new TreeMap<>(shared);
        third.putAll(Map.of(
                "rope_theta", 1e6,
                "rope_local_base_freq", 1e4,
                "max_position_embeddings", 131_072,
                "vocab_size", 262_208,
                "sliding_window", 4096,
                "num_attention_heads", 8,
                "num_key_value_heads", 4));
        Consumer<HubKeys> local = gemma.andThen(keys -> {
            HubConfig config = keys.config();
            if (config.has("attn_logit_softcapping")) {
                throw config.unsupported("attn_logit_softcapping", "none");
            }
            expectScale(keys, 62)
                    .copyNumber("final_logit_softcapping", "final_logit_softcapping")
                    .copyInteger("attention.sliding_window", "sliding_window")
                    .copyNumber("rope.freq_base_swa", "rope_local_base_freq")
                    .expectPeriod("sliding_window_pattern", 6)
                    .expectEvery("layer_types", 6, "full_attention");
            config.section("rope_parameters")
                    .flatMap(parameters -> parameters.section("sliding_attention"))
                    .ifPresent(sliding -> keys.put("rope.freq_base_swa", sliding.requireNumber("rope_theta")));
        });
        for (String type : new String[] {"gemma3", "gemma3_text"}) {
            families.add(
                    type,
                    "gemma3",
                    LlamaFamilies.LLAMA.with(LlamaFamilies.FOUR_NORMS),
                    third,
                    local,
                    TensorRule.NORMS_LESS_ONE);
        }
    }

    /**
     * GGUF has no key for the scale of Gemma's scores; engines know that the largest model, by its layers, scales by the
     * width of the model for each head, and the others by the size of a head.
     */
    private static HubKeys expectScale(HubKeys keys, int layersOfLargest) {
        HubConfig config = keys.config();
        double expected = HubKeys.layers(config) == layersOfLargest
                ? (double) HubKeys.width(config) / HubKeys.heads(config)
                : HubKeys.headSize(config);
        if (config.number("query_pre_attn_scalar").orElse(expected) != expected) {
            throw config.unsupported("query_pre_attn_scalar", String.valueOf(expected));
        }
        return keys;
    }
}
