package io.promptmill.udf.model;

import io.promptmill.udf.kernels.DecodedMatrix;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.LatentAttention;
import io.promptmill.udf.layers.LatentAttention.Sizes;
import io.promptmill.udf.layers.Projection;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.tensor.DenseMatrix;
import io.promptmill.udf.tensor.Matrix;

/** Builds latent attention from a file: with keys and values apart by head, or in the older form that has them together. */
final class LatentParts {
    private static final double AMPLITUDE_OF_A_FACTOR = 0.1;

    private final ModelParts parts;
    private final Sizes sizes;
    private final int queryRank;
    private final LatentAttention.Scratch scratch;

    LatentParts(ModelParts parts) {
        this.parts = parts;
        GgufKeys keys = parts.keys();
        this.sizes = sizes(keys, parts.shape().heads());
        this.queryRank = keys.integerOr("attention.q_lora_rank", 0, 0, GgufKeys.MAXIMUM_WIDTH);
        this.scratch = new LatentAttention.Scratch(parts.compute(), parts.size().rows(), sizes, queryRank);
    }

    Sizes sizes() {
        return sizes;
    }

    /** The sizes of the cache: one head with a latent vector and a turned key. */
    static ModelShape shape(GgufKeys keys) {
        ModelShape stored = keys.shape();
        Sizes sizes = sizes(keys, stored.heads());
        return new ModelShape(
                stored.layers(),
                stored.embeddingLength(),
                stored.feedForwardLength(),
                stored.heads(),
                1,
                sizes.latent() + sizes.turned(),
                sizes.latent(),
                stored.contextLength(),
                stored.vocabularySize(),
                stored.experts(),
                sizes.heads() * (sizes.plain() + sizes.turned() + sizes.values()));
    }

    private static Sizes sizes(GgufKeys keys, int heads) {
        int latent = keys.require("attention.kv_lora_rank", 1, GgufKeys.MAXIMUM_WIDTH);
        int turned = keys.require("rope.dimension_count", 2, GgufKeys.MAXIMUM_WIDTH);
        boolean apart = keys.has("attention.key_length_mla");
        int head = keys.require(apart ? "attention.key_length_mla" : "attention.key_length", 1, GgufKeys.MAXIMUM_WIDTH);
        int values = keys.require(
                apart ? "attention.value_length_mla" : "attention.value_length", 1, GgufKeys.MAXIMUM_WIDTH);
        if (head <= turned) {
            throw keys.invalid("attention.key_length", head, "more than rope.dimension_count " + turned);
        }
        keys.requireWidth("attention.kv_lora_rank", heads, (long) latent + turned);
        keys.requireWidth("attention.key_length", heads, (long) head + values);
        return new Sizes(heads, latent, turned, head - turned, values);
    }

    /**
     * What sines and cosines are multiplied with: YaRN's usual amplitude where the file has no multiplier of its own, which
     * is then a factor of the scores alone.
     */
    float amplitude(RopeKeys rope) {
        double own = logMultiplier() == 0 ? 1 + AMPLITUDE_OF_A_FACTOR * StrictMath.log(rope.yarnFactor()) : 1;
        return (float) (own * parts.keys().numberOr("rope.scaling.attn_factor", 1f, 0));
    }

    /**
     * The scale of the scores, with YaRN's amplitude squared on the parts with and without positions alike (as llama.cpp
     * has it, {@code src/models/deepseek2.cpp}).
     */
    float scale(RopeKeys rope) {
        double amplitude =
                amplitude(rope) * (1 + AMPLITUDE_OF_A_FACTOR * logMultiplier() * StrictMath.log(rope.yarnFactor()));
        return (float) (amplitude * amplitude / Math.sqrt(sizes.plain() + sizes.turned()));
    }

    /** Stored as a tenth of the model's own {@code mscale_all_dim}. */
    private double logMultiplier() {
        return parts.keys().numberOr("rope.scaling.yarn_log_multiplier", 0f, 0) / AMPLITUDE_OF_A_FACTOR;
    }

    LatentAttention layer(int layer, Attention attention, Rope rope) {
        String block = ModelParts.block(layer);
        int width = parts.shape().embeddingLength();
        int queries = sizes.heads() * (sizes.plain() + sizes.turned());
        boolean compressed = parts.has(block + "attn_q_a.weight");
        Projection[] keyUp = new Projection[sizes.heads()];
        Projection[] valueUp = new Projection[sizes.heads()];
        if (parts.has(block + "attn_k_b.weight")) {
            Matrix[] keys =
                    parts.file().matrices(block + "attn_k_b.weight", sizes.heads(), sizes.latent(), sizes.plain());
            Matrix[] values =
                    parts.file().matrices(block + "attn_v_b.weight", sizes.heads(), sizes.values(), sizes.latent());
            for (int head = 0; head < sizes.heads(); head++) {
                keyUp[head] = new Projection(keys[head], null);
                valueUp[head] = new Projection(values[head], null);
            }
        } else {
            split(block + "attn_kv_b.weight", keyUp, valueUp);
        }
        LatentAttention.Weights weights = new LatentAttention.Weights(
                compressed ? parts.projection(block + "attn_q_a", queryRank, width) : null,
                compressed ? parts.rmsNorm(block + "attn_q_a_norm", queryRank) : null,
                compressed
                        ? parts.projection(block + "attn_q_b", queries, queryRank)
                        : parts.projection(block + "attn_q", queries, width),
                parts.projection(block + "attn_kv_a_mqa", sizes.latent() + sizes.turned(), width),
                parts.rmsNorm(block + "attn_kv_a_norm", sizes.latent()),
                keyUp,
                valueUp,
                parts.projection(block + "attn_output", width, sizes.heads() * sizes.values()));
        return new LatentAttention(parts.compute(), sizes, attention, rope, weights, scratch);
    }

    /** Of each head, {@code plain} rows that make keys and {@code values} rows that make values, from the latent vector. */
    private void split(String name, Projection[] keyUp, Projection[] valueUp) {
        int rows = sizes.plain() + sizes.values();
        Matrix all = parts.file().matrix(name, sizes.heads() * rows, sizes.latent());
        for (int head = 0; head < sizes.heads(); head++) {
            Matrix keys = all.rows(head * rows, sizes.plain());
            valueUp[head] = new Projection(all.rows(head * rows + sizes.plain(), sizes.values()), null);
            keyUp[head] = new Projection(transposed(keys), null);
        }
    }

    private static Matrix transposed(Matrix matrix) {
        float[] values = DecodedMatrix.values(matrix);
        float[] transposed = new float[values.length];
        for (int row = 0; row < matrix.rows(); row++) {
            for (int column = 0; column < matrix.columns(); column++) {
                transposed[column * matrix.rows() + row] = values[row * matrix.columns() + column];
            }
        }
        return DenseMatrix.of(matrix.name(), matrix.columns(), matrix.rows(), transposed);
    }
}
