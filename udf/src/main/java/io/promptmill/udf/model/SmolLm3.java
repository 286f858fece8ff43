package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.PreNormLayer;
import io.promptmill.udf.layers.Rope;

/**
 * SmolLM 3 (Bakouch et al. 2025, huggingface.co/blog/smollm3): Llama's form, but every fourth layer knows no positions
 * (Kazemnejad et al. 2023, arXiv:2305.19466).
 */
final class SmolLm3 {
    private static final int PERIOD_WITHOUT_POSITIONS = 4;

    private SmolLm3() {}

    static Model load(ModelParts parts) {
        Rope rope = parts.rope(true);
        Attention attention = parts.attention();
        return new Decoder(
                parts,
                parts.rmsNorm("output_norm"),
                parts.layers(i -> new PreNormLayer(
                        parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                        parts.selfAttention(i, attention).rotate((i + 1) % PERIOD_WITHOUT_POSITIONS == 0 ? null : rope),
                        parts.rmsNorm(ModelParts.block(i) + "ffn_norm"),
                        parts.gatedFeedForward(i, Activation.SILU))));
    }
}
