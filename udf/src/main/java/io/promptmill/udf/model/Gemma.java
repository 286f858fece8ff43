package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.PreNormLayer;
import io.promptmill.udf.layers.Rope;

/** Gemma (Gemma Team 2024, arXiv:2403.08295): Llama's form with GELU gates and an embedding scaled by its width. */
final class Gemma {
    private Gemma() {}

    static Model load(ModelParts parts) {
        Rope rope = parts.rope(false);
        Attention attention = parts.attention();
        return new Decoder(
                        parts,
                        parts.rmsNorm("output_norm"),
                        parts.layers(i -> new PreNormLayer(
                                parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                                parts.selfAttention(i, attention).rotate(rope),
                                parts.rmsNorm(ModelParts.block(i) + "ffn_norm"),
                                parts.gatedFeedForward(i, Activation.GELU))))
                .scalingVectors((float) Math.sqrt(parts.shape().embeddingLength()));
    }
}
