package io.promptmill.udf.weights;

import java.util.Map;
import java.util.function.Consumer;

/** Models whose layers are named as Llama's in Hugging Face transformers: most of those with rotary positions. */
final class LlamaFamilies {
    /** Attention and norms of a layer. */
    static final String ATTENTION = """
            input_layernorm           attn_norm
            self_attn.q_proj          attn_q
            self_attn.k_proj          attn_k
            self_attn.v_proj          attn_v
            self_attn.o_proj          attn_output
            self_attn.q_norm          attn_q_norm
            self_attn.k_norm          attn_k_norm
            post_attention_layernorm  ffn_norm
            """;

    private static final String GATED = """
            mlp.gate_proj  ffn_gate
            mlp.up_proj    ffn_up
            mlp.down_proj  ffn_down
            """;
    /** Norms before and after attention and feed-forward. */
    static final String FOUR_NORMS = """
            post_attention_layernorm    post_attention_norm
            pre_feedforward_layernorm   ffn_norm
            post_feedforward_layernorm  post_ffw_norm
            """;
    /** Names of Llama's own tensors. */
    static final TensorNames LLAMA = TensorNames.of("model.", "layers.", """
            embed_tokens  token_embd
            norm          output_norm
            lm_head       output
            """, ATTENTION + GATED);

    private LlamaFamilies() {}

    static void addTo(HubFamilies.Registry families) {
        addLlamas(families);
        addQwens(families);
        addOthers(families);
    }

    /** Llama's form: root mean square norms, gated feed-forward with SiLU, rotary positions. */
    private static HubKeys likeLlama(HubKeys keys) {
        keys.sizes().headLength().rmsNorm().activation("silu", "swish");
        HubRope.write(keys);
        return keys;
    }

    private static void addLlamas(HubFamilies.Registry families) {
        Map<String, Object> defaults = Map.of("rms_norm_eps", 1e-6, "rope_theta", 1e4, "max_position_embeddings", 2048);
        families.add("llama", "llama", LLAMA, defaults, LlamaFamilies::likeLlama, TensorRule.PAIRS_APART);
        families.add(
                "mistral",
                "llama",
                LLAMA,
                Map.of("rms_norm_eps", 1e-6, "rope_theta", 1e4),
                LlamaFamilies::likeLlama,
                TensorRule.PAIRS_APART);
        TensorNames mixtral = LLAMA.with("""
                block_sparse_moe.gate        ffn_gate_inp
                block_sparse_moe.experts.w1  ffn_gate_exps
                block_sparse_moe.experts.w2  ffn_down_exps
                block_sparse_moe.experts.w3  ffn_up_exps
                """);
        Map<String, Object> mixtralDefaults =
                Map.of("rms_norm_eps", 1e-5, "rope_theta", 1e6, "num_local_experts", 8, "num_experts_per_tok", 2);
        families.add(
                "mixtral",
                "llama",
                mixtral,
                mixtralDefaults,
                keys -> likeLlama(keys).experts(),
                TensorRule.PAIRS_APART);
        families.add(
                "granite",
                "granite",
                LLAMA,
                defaults,
                keys -> likeLlama(keys)
                        .copyNumber("attention.scale", "attention_multiplier")
                        .copyNumber("embedding_scale", "embedding_multiplier")
                        .copyNumber("residual_scale", "residual_multiplier")
                        .copyNumber("logit_scale", "logits_scaling"),
                TensorRule.PAIRS_APART);
        families.add(
                "smollm3",
                "smollm3",
                LLAMA,
                Map.of("rms_norm_eps", 1e-6, "rope_theta", 2e6, "num_key_value_heads", 4),
                keys -> likeLlama(keys)
                        .expect("use_sliding_window", false)
                        .expectPeriod("no_rope_layer_interval", 4)
                        .expectEvery("no_rope_layers", 4, "0"),
                TensorRule.PAIRS_APART);
    }

    private static void addQwens(HubFamilies.Registry families) {
        Map<String, Object> defaults = Map.of("rms_norm_eps", 1e-6, "rope_theta", 1e4);
        Map<String, Object> withHeads = Map.of("rms_norm_eps", 1e-6, "rope_theta", 1e4, "head_dim", 128);
        Consumer<HubKeys> dense = keys -> likeLlama(keys).expect("use_sliding_window", false);
        families.add("qwen2", "qwen2", LLAMA, defaults, dense, TensorRule.AS_STORED);
        families.add("qwen3", "qwen3", LLAMA, withHeads, dense, TensorRule.AS_STORED);
        TensorNames sparse = LLAMA.with("""
                mlp.gate                     ffn_gate_inp
                mlp.experts.gate_proj        ffn_gate_exps
                mlp.experts.up_proj          ffn_up_exps
                mlp.experts.down_proj        ffn_down_exps
                mlp.shared_expert_gate       ffn_gate_inp_shexp
                mlp.shared_expert.gate_proj  ffn_gate_shexp
                mlp.shared_expert.up_proj    ffn_up_shexp
                mlp.shared_expert.down_proj  ffn_down_shexp
                """);
        Consumer<HubKeys> experts = keys -> {
            dense.accept(keys);
            keys.experts()
                    .expectPeriod("decoder_sparse_step", 1)
                    .copyInteger("expert_feed_forward_length", "moe_intermediate_size")
                    .copyInteger("expert_shared_feed_forward_length", "shared_expert_intermediate_size");
            if (keys.config()
                    .elements("mlp_only_layers")
                    .filter(layers -> layers.length > 0)
                    .isPresent()) {
                throw keys.config().unsupported("mlp_only_layers", "none");
            }
        };
        families.add(
                "qwen2_moe",
                "qwen2moe",
                sparse,
                defaults,
                experts.andThen(keys -> keys.expect("norm_topk_prob", false)),
                TensorRule.AS_STORED);
        families.add(
                "qwen3_moe",
                "qwen3moe",
                sparse,
                defaults,
                experts.andThen(keys -> keys.expect("norm_topk_prob", true)),
                TensorRule.AS_STORED);
    }

    private static void addOthers(HubFamilies.Registry families) {
        families.add(
                "cohere",
                "command-r",
                LLAMA,
                Map.of("layer_norm_eps", 1e-5, "rope_theta", 1e4, "logit_scale", 0.0625),
                keys -> {
                    keys.sizes().layerNorm().activation("silu");
                    HubRope.write(keys);
                    keys.copyInteger("context_length", "model_max_length")
                            .copyNumber("logit_scale", "logit_scale")
                            .put("rope.scaling.type", "none");
                },
                TensorRule.AS_STORED);
        families.add(
                "starcoder2",
                "starcoder2",
                LLAMA.with("""
                        mlp.c_fc    ffn_up
                        mlp.c_proj  ffn_down
                        """),
                Map.of("norm_epsilon", 1e-5, "rope_theta", 1e4, "num_key_value_heads", 2),
                keys -> {
                    keys.sizes().layerNorm().activation("gelu");
                    HubRope.write(keys);
                },
                TensorRule.AS_STORED);
        for (String type : new String[] {"stablelm", "stablelm_epoch"}) {
            families.add(
                    type,
                    "stablelm",
                    LLAMA,
                    Map.of("layer_norm_eps", 1e-5, "rope_theta", 1e4),
                    keys -> {
                        keys.sizes().layerNorm().activation("silu").expect("qk_layernorm", false);
                        HubRope.write(keys);
                        keys.put("use_parallel_residual", keys.config().flag("use_parallel_residual", false));
                    },
                    TensorRule.AS_STORED);
        }
        families.add(
                "olmo2",
                "olmo2",
                LLAMA.with(FOUR_NORMS),
                Map.of("rms_norm_eps", 1e-5, "rope_theta", 1e4, "max_position_embeddings", 2048),
                LlamaFamilies::likeLlama,
                TensorRule.AS_STORED);
        families.add(
                "phi3",
                "phi3",
                LLAMA.with("""
                        self_attn.qkv_proj  attn_qkv
                        mlp.gate_up_proj    ffn_up
                        """),
                Map.of("rms_norm_eps", 1e-5, "rope_theta", 1e4, "max_position_embeddings", 4096),
                keys -> {
                    keys.sizes().rmsNorm().activation("silu");
                    HubRope.writePhi3(keys);
                    keys.put(
                            "attention.sliding_window",
                            keys.config().integer("sliding_window").orElse(0));
                },
                TensorRule.AS_STORED);
        families.add(
                "glm4",
                "glm4",
                LLAMA.with("""
                        mlp.gate_up_proj           ffn_up
                        post_self_attn_layernorm   post_attention_norm
                        post_mlp_layernorm         post_ffw_norm
                        """),
                Map.of("rms_norm_eps", 1.5625e-07, "rope_theta", 1e4, "partial_rotary_factor", 0.5),
                LlamaFamilies::likeLlama,
                TensorRule.AS_STORED);
    }
}
