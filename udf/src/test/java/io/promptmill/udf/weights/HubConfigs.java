package io.promptmill.udf.weights;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Settings of Hugging Face transformers for models whose GGUF metadata is known: {@code configuration_*.py} in reverse. */
final class HubConfigs {
    private static final Map<String, String> TYPES = Map.of(
            "gptneox", "gpt_neox",
            "phi2", "phi",
            "qwen2moe", "qwen2_moe",
            "qwen3moe", "qwen3_moe",
            "gemma3", "gemma3_text",
            "command-r", "cohere");

    private final Map<String, Object> config;
    private final String architecture;
    private final Map<String, Object> keys;

    private HubConfigs(Map<String, Object> config, String architecture, Map<String, Object> keys) {
        this.config = config;
        this.architecture = architecture;
        this.keys = keys;
    }

    static void fill(Map<String, Object> config, String architecture, Map<String, Object> keys, boolean hasOutput) {
        new HubConfigs(config, architecture, keys).fill(hasOutput);
    }

    private void fill(boolean hasOutput) {
        config.put("model_type", TYPES.getOrDefault(architecture, architecture));
        config.put("torch_dtype", "bfloat16");
        config.put("vocab_size", 288);
        config.put("tie_word_embeddings", !hasOutput);
        switch (architecture) {
            case "gpt2" -> fillGpt2();
            case "mpt" -> fillMpt();
            default -> fillUsual();
        }
    }

    private void fillGpt2() {
        copy("context_length", "n_positions");
        copy("embedding_length", "n_embd");
        copy("block_count", "n_layer");
        copy("attention.head_count", "n_head");
        copy("attention.layer_norm_epsilon", "layer_norm_epsilon");
        config.put("n_inner", null);
        config.put("activation_function", "gelu_new");
    }

    private void fillMpt() {
        copy("context_length", "max_seq_len");
        copy("embedding_length", "d_model");
        copy("block_count", "n_layers");
        copy("attention.head_count", "n_heads");
        config.put("expansion_ratio", 4);
        Map<String, Object> attention = new HashMap<>();
        attention.put("alibi", true);
        attention.put("alibi_bias_max", 8);
        attention.put("clip_qkv", keys.get("mpt.attention.clamp_kqv"));
        attention.put("softmax_scale", null);
        config.put("attn_config", attention);
    }

    private void fillUsual() {
        copy("context_length", "max_position_embeddings");
        copy("embedding_length", "hidden_size");
        copy("block_count", "num_hidden_layers");
        copy("feed_forward_length", "intermediate_size");
        copy("attention.head_count", "num_attention_heads");
        copy("attention.head_count_kv", "num_key_value_heads");
        copy("attention.key_length", "head_dim");
        copy("attention.layer_norm_rms_epsilon", "rms_norm_eps");
        copy("rope.freq_base", architecture.equals("gptneox") ? "rotary_emb_base" : "rope_theta");
        copy("expert_count", architecture.equals("llama") ? "num_local_experts" : "num_experts");
        copy("expert_used_count", "num_experts_per_tok");
        copy("expert_feed_forward_length", "moe_intermediate_size");
        copy("expert_shared_feed_forward_length", "shared_expert_intermediate_size");
        copy("use_parallel_residual", "use_parallel_residual");
        if (keys.containsKey(key("expert_count")) && architecture.equals("llama")) {
            config.put("model_type", "mixtral");
        }
        String epsilon = List.of("falcon", "gpt2").contains(architecture)
                ? "layer_norm_epsilon"
                : architecture.equals("starcoder2") ? "norm_epsilon" : "layer_norm_eps";
        copy("attention.layer_norm_epsilon", epsilon);
        fillScaling();
        fillOwn();
    }

    private void fillScaling() {
        Object type = keys.get(key("rope.scaling.type"));
        if (type != null) {
            Map<String, Object> scaling = new HashMap<>();
            scaling.put("rope_type", type);
            scaling.put("factor", keys.get(key("rope.scaling.factor")));
            scaling.put("original_max_position_embeddings", keys.get(key("rope.scaling.original_context_length")));
            config.put("rope_scaling", scaling);
        }
    }

    private void fillOwn() {
        switch (architecture) {
            case "gptneox" -> config.put("rotary_pct", 0.5);
            case "phi2" -> config.put("partial_rotary_factor", 0.5);
            case "glm4" -> {
                config.put("partial_rotary_factor", 0.5);
                config.put("head_dim", 16);
            }
            case "stablelm" -> config.put("partial_rotary_factor", 0.25);
            case "falcon" -> {
                boolean grouped = !keys.get(key("attention.head_count_kv")).equals(1L);
                config.remove("num_key_value_heads");
                config.remove("intermediate_size");
                config.put("new_decoder_architecture", grouped);
                config.put("multi_query", true);
                config.put("num_kv_heads", grouped ? keys.get(key("attention.head_count_kv")) : 4);
                config.put("parallel_attn", true);
                config.put("alibi", false);
            }
            case "gemma2", "gemma3" -> {
                copy("attention.sliding_window", "sliding_window");
                copy("attn_logit_softcapping", "attn_logit_softcapping");
                copy("final_logit_softcapping", "final_logit_softcapping");
                config.put("query_pre_attn_scalar", 32);
                config.put("hidden_activation", "gelu_pytorch_tanh");
            }
            case "phi3" -> config.put("original_max_position_embeddings", 128);
            case "granite" -> {
                copy("attention.scale", "attention_multiplier");
                copy("embedding_scale", "embedding_multiplier");
                copy("residual_scale", "residual_multiplier");
                copy("logit_scale", "logits_scaling");
            }
            case "command-r" -> copy("logit_scale", "logit_scale");
            case "smollm3" -> config.put("no_rope_layers", List.of(1, 1, 1, 0));
            default -> {}
        }
    }

    private String key(String key) {
        return architecture + "." + key;
    }

    private void copy(String key, String name) {
        if (keys.containsKey(key(key))) {
            config.put(name, keys.get(key(key)));
        }
    }
}
