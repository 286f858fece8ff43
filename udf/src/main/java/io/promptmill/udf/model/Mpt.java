package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.AttentionShape;
import io.promptmill.udf.layers.AttentionSlopes;
import io.promptmill.udf.layers.PreNormLayer;
import io.promptmill.udf.layers.SelfAttention;

/**
 * MPT (MosaicML 2023, mosaicml.com/blog/mpt-7b): layer norms without biases, GELU, positions by a slope on the scores
 * (Press et al. 2021, arXiv:2108.12409), queries, keys and values cut to a limit in some.
 */
final class Mpt {
    private Mpt() {}

    static Model load(ModelParts parts) {
        ModelShape shape = parts.shape();
        GgufKeys keys = parts.keys();
        float largestBias = keys.numberOr("attention.max_alibi_bias", 0f, 0);
        float limit = keys.numberOr("attention.clamp_kqv", 0f, 0);
        AttentionShape plain = AttentionShape.of(shape.heads(), shape.kvHeads(), shape.headSize());
        Attention attention = new Attention(
                parts.compute(),
                largestBias == 0 ? plain : plain.withSlopes(AttentionSlopes.of(shape.heads(), largestBias)));
        Decoder decoder = new Decoder(
                parts,
                parts.layerNorm("output_norm"),
                parts.layers(i -> new PreNormLayer(
                        parts.layerNorm(ModelParts.block(i) + "attn_norm"),
                        selfAttention(parts, i, attention, limit),
                        parts.layerNorm(ModelParts.block(i) + "ffn_norm"),
                        parts.plainFeedForward(i, Activation.GELU))));
        // SEA-LION has these beside slopes or in their place.
        return parts.has("position_embd.weight") ? decoder.changingVectors(parts.learnedPositions()) : decoder;
    }

    private static SelfAttention selfAttention(ModelParts parts, int layer, Attention attention, float limit) {
        String block = ModelParts.block(layer);
        ModelShape shape = parts.shape();
        SelfAttention self = parts.selfAttention(layer, attention);
        if (limit > 0) {
            self.clamp(limit);
        }
        if (parts.has(block + "attn_q_norm.weight")) {
            self.norm(
                    parts.layerNorm(block + "attn_q_norm", shape.heads() * shape.headSize()),
                    parts.layerNorm(block + "attn_k_norm", shape.kvHeads() * shape.headSize()));
        }
        return self;
    }
}
