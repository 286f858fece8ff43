package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.layers.SandwichNormLayer;

/** GLM-4 of 2025 (GLM Team 2024, arXiv:2406.12793): branches are normed before and after, half of a head turns. */
final class Glm4 {
    private Glm4() {}

    static Model load(ModelParts parts) {
        // The text part of a model with images is stored with the halves of a head apart.
        Rope rope = parts.rope(!parts.keys().hasRopeSections());
        Attention attention = parts.attention();
        return new Decoder(
                parts,
                parts.rmsNorm("output_norm"),
                parts.layers(i -> new SandwichNormLayer(
                        parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                        parts.selfAttention(i, attention).rotate(rope),
                        parts.rmsNorm(ModelParts.block(i) + "post_attention_norm"),
                        parts.rmsNorm(ModelParts.block(i) + "ffn_norm"),
                        parts.gatedFeedForward(i, Activation.SILU),
                        parts.rmsNorm(ModelParts.block(i) + "post_ffw_norm"))));
    }
}
