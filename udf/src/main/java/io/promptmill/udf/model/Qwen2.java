package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.PreNormLayer;
import io.promptmill.udf.layers.Rope;

/** Qwen 2 and 2.5 (Yang et al. 2024, arXiv:2407.10671): Llama's form with biases of queries, keys and values. */
final class Qwen2 {
    private Qwen2() {}

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
