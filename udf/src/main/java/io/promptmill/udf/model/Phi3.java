package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.PreNormLayer;
import io.promptmill.udf.layers.Rope;

/**
 * Phi 3 and 4 (Abdin et al. 2024, arXiv:2404.14219): Llama's form with queries, keys and values in one tensor, gate and up
 * in another, and long rope in the models of a large context.
 */
final class Phi3 {
    private Phi3() {}

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
                        parts.gatedFeedForward(i, Activation.SILU))));
    }
}
