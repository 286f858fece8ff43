package io.promptmill.udf.weights;

import java.util.Map;
import java.util.Optional;

/** Models with names of their own: GPT-2, GPT-NeoX, Falcon, MPT and Phi. */
final class OtherFamilies {
    private OtherFamilies() {}

    static void addTo(HubFamilies.Registry families) {
        addParallel(families);
        addSequential(families);
    }

    private static void addParallel(HubFamilies.Registry families) {
        TensorNames neox = TensorNames.of("gpt_neox.", "layers.", """
                embed_in          token_embd
                final_layer_norm  output_norm
                embed_out         output
                lm_head           output
                """, """
                input_layernorm            attn_norm
                post_attention_layernorm   ffn_norm
                attention.query_key_value  attn_qkv
                attention.dense            attn_output
                mlp.dense_h_to_4h          ffn_up
                mlp.dense_4h_to_h          ffn_down
                """);
        families.add(
                "gpt_neox",
                "gptneox",
                neox,
                Map.of("layer_norm_eps", 1e-5, "rotary_emb_base", 1e4, "rotary_pct", 0.25),
                keys -> {
                    keys.sizes().layerNorm().activation("gelu");
                    HubRope.write(keys);
                    keys.put("use_parallel_residual", keys.config().flag("use_parallel_residual", true));
                },
                TensorRule.FUSED_BY_HEAD);
        TensorNames falcon = TensorNames.of("transformer.", "h.", """
                word_embeddings  token_embd
                ln_f             output_norm
                lm_head          output
                """, """
                input_layernorm                 attn_norm
                ln_mlp                          attn_norm
                ln_attn                         attn_norm_2
                self_attention.query_key_value  attn_qkv
                self_attention.dense            attn_output
                mlp.dense_h_to_4h               ffn_up
                mlp.dense_4h_to_h               ffn_down
                """);
        for (String type : new String[] {"falcon", "RefinedWeb", "RefinedWebModel"}) {
            families.add(
                    type,
                    "falcon",
                    falcon,
                    Map.of("layer_norm_epsilon", 1e-5, "rope_theta", 1e4, "max_position_embeddings", 2048),
                    OtherFamilies::writeFalcon,
                    TensorRule.FUSED_BY_GROUP);
        }
        TensorNames phi = TensorNames.of("model.", "layers.", """
                embed_tokens     token_embd
                final_layernorm  output_norm
                lm_head          output
                """, LlamaFamilies.ATTENTION + """
                self_attn.dense  attn_output
                mlp.fc1          ffn_up
                mlp.fc2          ffn_down
                """);
        families.add(
                "phi",
                "phi2",
                phi,
                Map.of("layer_norm_eps", 1e-5, "rope_theta", 1e4, "partial_rotary_factor", 0.5),
                keys -> {
                    keys.sizes().layerNorm().activation("gelu").expect("qk_layernorm", false);
                    HubRope.write(keys);
                },
                TensorRule.AS_STORED);
    }

    private static void writeFalcon(HubKeys keys) {
        HubConfig config = keys.config();
        int feedForward = config.integer("ffn_hidden_size").orElse(4 * HubKeys.width(config));
        keys.sizes(HubKeys.falconKvHeads(config), feedForward)
                .layerNorm()
                .activation("gelu")
                .expect("alibi", false)
                .expect("parallel_attn", true);
        HubRope.write(keys);
    }

    private static void addSequential(HubFamilies.Registry families) {
        TensorNames mpt = TensorNames.of("transformer.", "blocks.", """
                wte      token_embd
                wpe      position_embd
                norm_f   output_norm
                lm_head  output
                """, """
                norm_1         attn_norm
                norm_2         ffn_norm
                attn.Wqkv      attn_qkv
                attn.out_proj  attn_output
                attn.q_ln      attn_q_norm
                attn.k_ln      attn_k_norm
                ffn.up_proj    ffn_up
                ffn.down_proj  ffn_down
                """);
        families.add(
                "mpt", "mpt", mpt, Map.of("layer_norm_epsilon", 1e-5), OtherFamilies::writeMpt, TensorRule.AS_STORED);
        TensorNames gpt2 = TensorNames.of("transformer.", "h.", """
                wte      token_embd
                wpe      position_embd
                ln_f     output_norm
                lm_head  output
                """, """
                ln_1         attn_norm
                ln_2         ffn_norm
                attn.c_attn  attn_qkv
                attn.c_proj  attn_output
                mlp.c_fc     ffn_up
                mlp.c_proj   ffn_down
                """);
        families.add(
                "gpt2",
                "gpt2",
                gpt2,
                Map.of("layer_norm_epsilon", 1e-5),
                keys -> {
                    HubConfig config = keys.config();
                    int feedForward = config.integer("n_inner").orElse(4 * HubKeys.width(config));
                    keys.sizes(HubKeys.heads(config), feedForward)
                            .layerNorm()
                            .activation("gelu")
                            .expect("scale_attn_weights", true)
                            .expect("scale_attn_by_inverse_layer_idx", false);
                },
                TensorRule.LINEAR_TRANSPOSED);
    }

    private static void writeMpt(HubKeys keys) {
        HubConfig config = keys.config();
        int feedForward = config.integer("expansion_ratio").orElse(4) * HubKeys.width(config);
        Optional<HubConfig> attention = config.section("attn_config");
        boolean alibi = attention.map(found -> found.flag("alibi", true)).orElse(true);
        keys.sizes(
                        attention
                                .flatMap(found -> found.has("kv_n_heads")
                                        ? Optional.of(found.requireInteger("kv_n_heads"))
                                        : Optional.empty())
                                .orElseGet(() -> HubKeys.heads(config)),
                        feedForward)
                .layerNorm();
        keys.put(
                "attention.max_alibi_bias",
                alibi
                        ? attention
                                .map(found -> found.number("alibi_bias_max").orElse(8))
                                .orElse(8.0)
                        : 0.0);
        attention.ifPresent(found -> {
            if (found.flag("prefix_lm", false)) {
                throw found.unsupported("prefix_lm", "false");
            }
            if (found.has("softmax_scale")) {
                throw found.unsupported("softmax_scale", "none");
            }
            found.number("clip_qkv").ifPresent(clip -> keys.put("attention.clamp_kqv", clip));
        });
    }
}
