package io.promptmill.udf.weights;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes what a {@code config.json} says under the keys of GGUF, real numbers rounded to single precision as GGUF holds
 * them. Every method writes some keys. Not thread-safe.
 *
 * <p>Sources: names of the settings from the {@code configuration_*.py} of Hugging Face transformers, keys from
 * ggml-org/ggml, {@code docs/gguf.md}, and llama.cpp, {@code gguf-py/gguf/constants.py}.
 */
final class HubKeys {
    private static final int MAXIMUM_HEAD_SIZE = 1 << 16;
    private static final String[] WIDTH = {"hidden_size", "n_embd", "d_model"};
    private static final String[] HEADS = {"num_attention_heads", "n_head", "n_heads"};
    private static final String[] LAYERS = {"num_hidden_layers", "n_layer", "n_layers"};
    private static final String[] EXPERTS = {"num_local_experts", "num_experts"};

    private final HubConfig config;
    private final String prefix;
    private final Map<String, Object> values = new LinkedHashMap<>();

    /**
     * @param architecture name in GGUF
     */
    HubKeys(HubConfig config, String architecture) {
        this.config = config;
        this.prefix = architecture + ".";
        values.put("general.architecture", architecture);
    }

    HubConfig config() {
        return config;
    }

    /** What has been written. */
    Map<String, Object> values() {
        return values;
    }

    static int width(HubConfig config) {
        return config.requireInteger(WIDTH);
    }

    static int heads(HubConfig config) {
        return config.requireInteger(HEADS);
    }

    static int layers(HubConfig config) {
        return config.requireInteger(LAYERS);
    }

    static int kvHeads(HubConfig config) {
        return config.has("num_key_value_heads") ? config.requireInteger("num_key_value_heads") : heads(config);
    }

    /** Falcon's heads for keys: one for all, one for each group, or one for each head. */
    static int falconKvHeads(HubConfig config) {
        if (config.flag("new_decoder_architecture", config.has("n_head_kv"))) {
            boolean named = config.has("num_kv_heads") || config.has("n_head_kv");
            return named ? config.requireInteger("num_kv_heads", "n_head_kv") : heads(config);
        }
        return config.flag("multi_query", true) ? 1 : heads(config);
    }

    static int headSize(HubConfig config) {
        int size = config.has("head_dim") ? config.requireInteger("head_dim") : width(config) / heads(config);
        if (size < 1 || size > MAXIMUM_HEAD_SIZE) {
            throw config.unsupported(
                    config.has("head_dim") ? "head_dim" : HEADS[0], "heads of 1 to " + MAXIMUM_HEAD_SIZE + " numbers");
        }
        return size;
    }

    /** Writes the sizes that every model has, with {@code feedForward} for those whose configuration derives it. */
    HubKeys sizes(int kvHeads, int feedForward) {
        put("block_count", layers(config));
        put(
                "context_length",
                config.requireInteger(
                        "max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length"));
        put("embedding_length", width(config));
        put("feed_forward_length", feedForward);
        put("attention.head_count", heads(config));
        put("attention.head_count_kv", kvHeads);
        put("vocab_size", config.requireInteger("vocab_size"));
        return this;
    }

    HubKeys sizes() {
        return sizes(kvHeads(config), config.requireInteger("intermediate_size"));
    }

    /** Writes the length of a head where the configuration names it. */
    HubKeys headLength() {
        if (config.has("head_dim")) {
            put("attention.key_length", headSize(config));
            put("attention.value_length", headSize(config));
        }
        return this;
    }

    HubKeys rmsNorm() {
        return put("attention.layer_norm_rms_epsilon", config.requireNumber("rms_norm_eps", "norm_eps"));
    }

    HubKeys layerNorm() {
        return put(
                "attention.layer_norm_epsilon",
                config.requireNumber("layer_norm_eps", "layer_norm_epsilon", "norm_epsilon", "norm_eps"));
    }

    /** Writes the mixture of experts, where there is one. */
    HubKeys experts() {
        if (config.integer(EXPERTS).orElse(0) > 0) {
            put("expert_count", config.requireInteger(EXPERTS));
            put("expert_used_count", config.requireInteger("num_experts_per_tok"));
        }
        return this;
    }

    /** Writes the integer of the configuration under {@code key}; nothing where it has none. */
    HubKeys copyInteger(String key, String... names) {
        config.integer(names).ifPresent(value -> put(key, value));
        return this;
    }

    /** As {@link #copyInteger} for numbers. */
    HubKeys copyNumber(String key, String... names) {
        config.number(names).ifPresent(value -> put(key, value));
        return this;
    }

    HubKeys put(String key, long value) {
        values.put(prefix + key, value);
        return this;
    }

    HubKeys put(String key, double value) {
        values.put(prefix + key, (double) (float) value);
        return this;
    }

    HubKeys put(String key, boolean value) {
        values.put(prefix + key, value);
        return this;
    }

    HubKeys put(String key, String value) {
        values.put(prefix + key, value);
        return this;
    }

    /** Refuses a setting that differs from what the architecture computes; an absent one is taken to agree. */
    HubKeys expect(String name, boolean value) {
        if (config.flag(name, value) != value) {
            throw config.unsupported(name, String.valueOf(value));
        }
        return this;
    }

    /** Refuses an activation whose name does not begin with one of {@code names}. */
    HubKeys activation(String... names) {
        String[] keys = {"hidden_activation", "hidden_act", "activation_function", "activation"};
        config.text(keys).ifPresent(found -> {
            if (Arrays.stream(names).noneMatch(found::startsWith)) {
                String key = Arrays.stream(keys).filter(config::has).findFirst().orElseThrow();
                throw config.unsupported(key, String.join(" or ", names));
            }
        });
        return this;
    }

    /**
     * Refuses a configuration in which other layers than the architecture's look at the whole context (or, of SmolLM 3,
     * know no positions): those whose number, from 1, is a multiple of {@code period}, and none where that is 0.
     *
     * @param name of the setting that lists layers
     * @param whole the entry of a layer that looks at the whole context
     */
    HubKeys expectEvery(String name, int period, String whole) {
        config.elements(name).ifPresent(layers -> {
            for (int i = 0; i < layers.length; i++) {
                if (layers[i].equals(whole) != (period > 0 && (i + 1) % period == 0)) {
                    throw config.unsupported(
                            name, "'" + whole + "' " + (period == 0 ? "nowhere" : "at every layer " + period));
                }
            }
        });
        return this;
    }

    /** As {@link #expectEvery} for the period itself. */
    HubKeys expectPeriod(String name, int period) {
        if (config.integer(name).orElse(period) != period) {
            throw config.unsupported(name, String.valueOf(period));
        }
        return this;
    }
}
