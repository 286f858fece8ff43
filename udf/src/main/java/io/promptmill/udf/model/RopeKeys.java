package io.promptmill.udf.model;

import io.promptmill.udf.layers.RopeAngles;
import io.promptmill.udf.weights.ModelFile;
import java.util.Optional;

/** Reads how positions turn: {@code ARCHITECTURE.rope.*} and the tensors with factors. */
final class RopeKeys {
    private static final float USUAL_BASE = 10_000f;

    private final ModelFile file;
    private final GgufKeys keys;
    private final ModelShape shape;
    private final int context;

    /**
     * @param context tokens of a sequence at most, which decides between long and short factors
     */
    RopeKeys(ModelFile file, GgufKeys keys, ModelShape shape, int context) {
        this.file = file;
        this.keys = keys;
        this.shape = shape;
        this.context = context;
    }

    /** Features of a head that turn. */
    int dimensions() {
        int dimensions = keys.integerOr("rope.dimension_count", shape.headSize(), 2, GgufKeys.MAXIMUM_WIDTH);
        if (dimensions % 2 != 0 || dimensions > shape.headSize()) {
            throw keys.invalid(
                    "rope.dimension_count", dimensions, "an even number up to the head size " + shape.headSize());
        }
        return dimensions;
    }

    private float base() {
        float base = keys.numberOr("rope.freq_base", USUAL_BASE, Double.NEGATIVE_INFINITY);
        if (base <= 0) {
            throw keys.invalid("rope.freq_base", base, "above 0");
        }
        return base;
    }

    /** Without any scaling. */
    RopeAngles plain(float base) {
        return RopeAngles.of(dimensions(), base);
    }

    /** Without any scaling, with the file's base. */
    RopeAngles plain() {
        return plain(base());
    }

    /** By which YaRN slows pairs down; 1 where the file does not use it. */
    float yarnFactor() {
        return "yarn".equals(scalingType()) ? factor() : 1f;
    }

    /** As the file says. */
    RopeAngles angles() {
        RopeAngles angles = factored(plain());
        float amplitude = keys.numberOr("rope.scaling.attn_factor", 1f, 0);
        return switch (scalingType()) {
            case "none", "longrope" -> angles.withAmplitude(amplitude);
            case "linear" ->
                finite(angles.dividedBy(factor()), "rope.scaling.factor").withAmplitude(amplitude);
            case "yarn" ->
                angles.yarn(
                                base(),
                                factor(),
                                originalContext(),
                                keys.numberOr("rope.scaling.yarn_beta_fast", 32f, 0),
                                keys.numberOr("rope.scaling.yarn_beta_slow", 1f, 0))
                        .withAmplitude(amplitude * (float) (1 + 0.1 * StrictMath.log(factor())));
            default -> throw keys.unsupported("rope.scaling.type", scalingType(), "linear, yarn, longrope and none");
        };
    }

    private String scalingType() {
        Optional<String> type = keys.text("rope.scaling.type");
        boolean scaled = keys.has("rope.scaling.factor") || keys.has("rope.scale_linear");
        return type.orElse(scaled ? "linear" : "none");
    }

    private float factor() {
        String key = keys.has("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear";
        return keys.factor(key);
    }

    private int originalContext() {
        return keys.integerOr("rope.scaling.original_context_length", shape.contextLength(), 1, Integer.MAX_VALUE);
    }

    /** Factors of each pair: of Llama 3, or of long rope (Ding et al. 2024, arXiv:2402.13753) by the context in use. */
    private RopeAngles factored(RopeAngles angles) {
        int pairs = angles.frequencies().length;
        String longOrShort = context > originalContext() ? "rope_factors_long" : "rope_factors_short";
        RopeAngles result = angles;
        for (String name : new String[] {"rope_freqs", "rope_factors_long", "rope_factors_short"}) {
            if (file.has(name + ".weight")) {
                float[] factors = file.vector(name + ".weight", pairs);
                if (name.equals("rope_freqs") || name.equals(longOrShort)) {
                    result = finite(result.dividedBy(factors), name + ".weight");
                }
            }
        }
        return result;
    }

    private RopeAngles finite(RopeAngles angles, String key) {
        for (int i = 0; i < angles.frequencies().length; i++) {
            if (!Double.isFinite(angles.frequencies()[i])) {
                throw keys.invalid(key + " [" + i + "]", 0, "not 0");
            }
        }
        return angles;
    }
}
