package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.ExpertRouter.Gating;
import io.promptmill.udf.layers.PreNormLayer;
import io.promptmill.udf.layers.Rope;

/**
 * Qwen 3, dense or with experts (Yang et al. 2025, arXiv:2505.09388): norms of each head's queries and keys take the
 * place of biases.
 */
final class Qwen3 {
    private Qwen3() {}

    static Model load(ModelParts parts) {
        ModelShape shape = parts.shape();
        Rope rope = parts.rope(false);
        Attention attention = parts.attention();
        ExpertParts experts = new ExpertParts(parts);
        return new Decoder(
                parts,
                parts.rmsNorm("output_norm"),
                parts.layers(i -> new PreNormLayer(
                        parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                        parts.selfAttention(i, attention)
                                .norm(
                                        parts.rmsNorm(ModelParts.block(i) + "attn_q_norm", shape.headSize()),
                                        parts.rmsNorm(ModelParts.block(i) + "attn_k_norm", shape.headSize()))
                                .rotate(rope),
                        parts.rmsNorm(ModelParts.block(i) + "ffn_norm"),
                        experts.has(i)
                                ? experts.layer(i, Activation.SILU, Gating.SOFTMAX, true)
                                : parts.gatedFeedForward(i, Activation.SILU))));
    }
}
