package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import java.util.Arrays;
import java.util.Optional;

/**
 * Rotary positions as a {@code config.json} describes them: the base, and how it is scaled for long contexts. Settings lie
 * at the top with scaling in {@code rope_scaling}, or, from transformers 5 on, all in {@code rope_parameters}; where that
 * has parts by kind of layer, those of layers that look at the whole context count. Immutable.
 */
final class HubRope {
    private static final int PHI3_ORIGINAL = 4096;

    private final HubConfig config;
    private final HubConfig scaling;

    private HubRope(HubConfig config, HubConfig scaling) {
        this.config = config;
        this.scaling = scaling;
    }

    static HubRope of(HubConfig config) {
        Optional<HubConfig> parameters = config.section("rope_parameters").or(() -> config.section("rope_scaling"));
        return new HubRope(
                config,
                parameters
                        .flatMap(all -> all.section("full_attention"))
                        .or(() -> parameters)
                        .orElse(null));
    }

    /** Rotated dimensions of a head. */
    static int dimensions(HubConfig config) {
        HubRope rope = of(config);
        String[] names = {"partial_rotary_factor", "rotary_pct", "rope_pct"};
        double share = rope.scaling == null ? 1 : rope.scaling.number(names).orElse(1);
        if (rope.scaling == null || rope.scaling.number(names).isEmpty()) {
            share = config.number(names).orElse(1);
        }
        return (int) (share * HubKeys.headSize(config));
    }

    /**
     * Writes base, dimensions and scaling.
     *
     * @throws ModelFileException where the kind of scaling is not supported
     */
    static void write(HubKeys keys) {
        HubRope rope = of(keys.config());
        keys.put("rope.dimension_count", dimensions(keys.config()));
        keys.put("rope.freq_base", rope.base());
        rope.writeScaling(keys);
    }

    /** As {@link #write} for Phi-3, whose scaling is a list of factors and applies beyond its first context length. */
    static void writePhi3(HubKeys keys) {
        HubConfig config = keys.config();
        HubRope rope = of(config);
        keys.put("rope.dimension_count", dimensions(config));
        keys.put("rope.freq_base", rope.base());
        int original = rope.original(PHI3_ORIGINAL);
        keys.put("rope.scaling.original_context_length", original);
        String type = rope.type();
        if (type.equals("default")) {
            return;
        }
        double stretch = (double) config.requireInteger("max_position_embeddings", "n_positions") / original;
        switch (type) {
            case "su", "longrope" ->
                keys.put(
                        "rope.scaling.attn_factor",
                        stretch > 1 ? Math.sqrt(1 + Math.log(stretch) / Math.log(original)) : 1);
            case "yarn" -> keys.put("rope.scaling.attn_factor", stretch > 1 ? 0.1 * Math.log(stretch) + 1 : 1);
            default -> throw rope.unsupported(type);
        }
    }

    private double base() {
        String[] names = {"rope_theta", "rotary_emb_base", "global_rope_theta"};
        return scaling != null && scaling.number(names).isPresent()
                ? scaling.requireNumber(names)
                : config.requireNumber(names);
    }

    private String type() {
        return scaling == null ? "default" : scaling.text("rope_type", "type").orElse("default");
    }

    private int original(int fallback) {
        String name = "original_max_position_embeddings";
        return scaling != null && scaling.has(name)
                ? scaling.requireInteger(name)
                : config.has(name) ? config.requireInteger(name) : fallback;
    }

    private void writeScaling(HubKeys keys) {
        switch (type()) {
            // "dynamic" changes nothing up to the context length, and no sequence is longer.
            case "default", "dynamic", "llama3" -> {}
            case "linear" -> {
                keys.put("rope.scaling.type", "linear");
                keys.put("rope.scaling.factor", scaling.requireNumber("factor"));
            }
            case "yarn" -> {
                keys.put("rope.scaling.type", "yarn");
                keys.put("rope.scaling.factor", scaling.requireNumber("factor"));
                keys.put(
                        "rope.scaling.original_context_length",
                        original(config.requireInteger("max_position_embeddings", "n_positions")));
                put(keys, "yarn_ext_factor", "extrapolation_factor");
                put(keys, "yarn_attn_factor", "attention_factor", "attn_factor");
                put(keys, "yarn_beta_fast", "beta_fast");
                put(keys, "yarn_beta_slow", "beta_slow");
            }
            default -> throw unsupported(type());
        }
    }

    private void put(HubKeys keys, String key, String... names) {
        scaling.number(names).ifPresent(value -> keys.put("rope.scaling." + key, value));
    }

    private ModelFileException unsupported(String type) {
        return scaling.unsupported(
                scaling.has("rope_type") ? "rope_type" : "type", "default, dynamic, linear, llama3 or yarn");
    }

    /**
     * The divisors of Llama 3's frequencies, {@code [dimensions / 2]}: 1 for wavelengths that fit the original context
     * often, {@code factor} for those that hardly do, and a blend between (transformers, {@code modeling_rope_utils.py},
     * {@code _compute_llama3_parameters}). Empty where the model is not scaled so. Computed in single precision, as there.
     */
    static Optional<float[]> llama3Factors(HubConfig config) {
        HubRope rope = of(config);
        if (!rope.type().equals("llama3")) {
            return Optional.empty();
        }
        float factor = (float) rope.scaling.number("factor").orElse(8);
        float low = (float) rope.scaling.number("low_freq_factor").orElse(1);
        float high = (float) rope.scaling.number("high_freq_factor").orElse(4);
        float original = rope.original(8192);
        int dimensions = HubKeys.headSize(config);
        float[] factors = new float[dimensions / 2];
        for (int pair = 0; pair < factors.length; pair++) {
            float frequency = 1 / (float) Math.pow(rope.base(), 2f * pair / dimensions);
            float wavelength = 1 / frequency * (float) (2 * Math.PI);
            float smooth = (1 / wavelength * original - low) / (high - low);
            factors[pair] = wavelength < original / high
                    ? 1
                    : wavelength > original / low ? factor : 1 / ((1 - smooth) / factor + smooth);
        }
        return Optional.of(factors);
    }

    /**
     * Phi-3's factors for one of the two ranges of contexts, {@code [dimensions / 2]}; empty where it has none.
     *
     * @param name {@code long_factor} or {@code short_factor}
     * @throws ModelFileException where there are more or fewer
     */
    static Optional<float[]> phi3Factors(HubConfig config, String name) {
        HubRope rope = of(config);
        if (rope.scaling == null || rope.type().equals("default")) {
            return Optional.empty();
        }
        int expected = dimensions(config) / 2;
        float[] factors = rope.scaling.numbers(name).orElse(new float[0]);
        if (factors.length != expected || Arrays.equals(factors, new float[0])) {
            throw new ModelFileException(rope.scaling.source() + ": key '" + name + "' has " + factors.length
                    + " numbers; expected " + expected + ", one for each pair. The file is damaged; download it again");
        }
        return Optional.of(factors);
    }
}
