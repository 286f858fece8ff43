package io.promptmill.udf.weights;

import java.util.HashMap;
import java.util.Map;

/**
 * The names of tensors in Hugging Face transformers, by architecture and GGUF name: attribute names of the modules in
 * {@code modeling_llama.py}, {@code modeling_falcon.py} and so on.
 */
final class HubNames {
    private static final String LLAMA = """
            token_embd=model.embed_tokens output_norm=model.norm output=lm_head layer=model.layers
            attn_norm=input_layernorm attn_q=self_attn.q_proj attn_k=self_attn.k_proj attn_v=self_attn.v_proj
            attn_output=self_attn.o_proj ffn_norm=post_attention_layernorm ffn_gate=mlp.gate_proj ffn_up=mlp.up_proj
            ffn_down=mlp.down_proj attn_q_norm=self_attn.q_norm attn_k_norm=self_attn.k_norm
            """;
    private static final String MIXTRAL = """
            ffn_gate_inp=block_sparse_moe.gate ffn_gate_exps=block_sparse_moe.experts.#.w1
            ffn_down_exps=block_sparse_moe.experts.#.w2 ffn_up_exps=block_sparse_moe.experts.#.w3
            """;
    private static final String QWEN_MOE = """
            ffn_gate_inp=mlp.gate ffn_gate_exps=mlp.experts.#.gate_proj ffn_up_exps=mlp.experts.#.up_proj
            ffn_down_exps=mlp.experts.#.down_proj ffn_gate_inp_shexp=mlp.shared_expert_gate
            ffn_gate_shexp=mlp.shared_expert.gate_proj ffn_up_shexp=mlp.shared_expert.up_proj
            ffn_down_shexp=mlp.shared_expert.down_proj
            """;
    private static final String GEMMA_2 = """
            post_attention_norm=post_attention_layernorm ffn_norm=pre_feedforward_layernorm
            post_ffw_norm=post_feedforward_layernorm
            """;
    private static final String NEOX = """
            token_embd=gpt_neox.embed_in output_norm=gpt_neox.final_layer_norm output=embed_out layer=gpt_neox.layers
            attn_norm=input_layernorm ffn_norm=post_attention_layernorm attn_qkv=attention.query_key_value
            attn_output=attention.dense ffn_up=mlp.dense_h_to_4h ffn_down=mlp.dense_4h_to_h
            """;
    private static final String FALCON = """
            token_embd=transformer.word_embeddings output_norm=transformer.ln_f output=lm_head layer=transformer.h
            attn_norm=input_layernorm attn_qkv=self_attention.query_key_value attn_output=self_attention.dense
            ffn_up=mlp.dense_h_to_4h ffn_down=mlp.dense_4h_to_h
            """;
    private static final String MPT = """
            token_embd=transformer.wte output_norm=transformer.norm_f layer=transformer.blocks attn_norm=norm_1
            ffn_norm=norm_2 attn_qkv=attn.Wqkv attn_output=attn.out_proj ffn_up=ffn.up_proj ffn_down=ffn.down_proj
            """;
    private static final String GPT2 = """
            token_embd=transformer.wte position_embd=transformer.wpe output_norm=transformer.ln_f layer=transformer.h
            attn_norm=ln_1 ffn_norm=ln_2 attn_qkv=attn.c_attn attn_output=attn.c_proj ffn_up=mlp.c_fc
            ffn_down=mlp.c_proj
            """;
    private static final Map<String, String> CHANGES = Map.ofEntries(
            Map.entry("llama", MIXTRAL),
            Map.entry("qwen2", ""),
            Map.entry("qwen3", ""),
            Map.entry("qwen2moe", QWEN_MOE),
            Map.entry("qwen3moe", QWEN_MOE),
            Map.entry("gemma", ""),
            Map.entry("gemma2", GEMMA_2),
            Map.entry("gemma3", GEMMA_2),
            Map.entry("gptneox", NEOX),
            Map.entry("falcon", FALCON),
            Map.entry("falcon-new", FALCON + " attn_norm=ln_mlp attn_norm_2=ln_attn"),
            Map.entry("mpt", MPT),
            Map.entry("gpt2", GPT2),
            Map.entry(
                    "phi2",
                    "output_norm=model.final_layernorm attn_output=self_attn.dense ffn_up=mlp.fc1 ffn_down=mlp.fc2"),
            Map.entry("phi3", "attn_qkv=self_attn.qkv_proj ffn_up=mlp.gate_up_proj"),
            Map.entry("starcoder2", "ffn_up=mlp.c_fc ffn_down=mlp.c_proj"),
            Map.entry("olmo2", GEMMA_2),
            Map.entry("stablelm", ""),
            Map.entry("granite", ""),
            Map.entry("command-r", ""),
            Map.entry("smollm3", ""),
            Map.entry(
                    "glm4",
                    "ffn_up=mlp.gate_up_proj post_attention_norm=post_self_attn_layernorm"
                            + " post_ffw_norm=post_mlp_layernorm"));

    private HubNames() {}

    static boolean knows(String architecture) {
        return CHANGES.containsKey(architecture);
    }

    /** The name of a tensor; {@code #} stands for the number of the expert. */
    static String of(String architecture, String gguf) {
        Map<String, String> names = new HashMap<>();
        for (String pair : (LLAMA + " " + CHANGES.get(architecture)).strip().split("\\s+")) {
            names.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
        }
        String[] parts = gguf.split("\\.");
        String ending = "." + parts[parts.length - 1];
        if (!parts[0].equals("blk")) {
            return names.get(parts[0]) + ending;
        }
        if (!names.containsKey(parts[2])) {
            throw new IllegalArgumentException(gguf);
        }
        return names.get("layer") + "." + parts[1] + "." + names.get(parts[2]) + ending;
    }
}
