package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.PreNormLayer;
import io.promptmill.udf.layers.Rope;

/** StarCoder 2 (Lozhkov et al. 2024, arXiv:2402.19173): layer norms, GELU, biases, and grouped queries that turn. */
final class StarCoder2 {
    private StarCoder2() {}

    static Model load(ModelParts parts) {
        Rope rope = parts.rope(false);
        Attention attention = parts.attention();
        return new Decoder(
                parts,
                parts.layerNorm("output_norm"),
                parts.layers(i -> new PreNormLayer(
                        parts.layerNorm(ModelParts.block(i) + "attn_norm"),
                        parts.selfAttention(i, attention).rotate(rope),
                        parts.layerNorm(ModelParts.block(i) + "ffn_norm"),
                        parts.plainFeedForward(i, Activation.GELU))));
    }
}
