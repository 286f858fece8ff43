package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.ExpertRouter.Gating;
import io.promptmill.udf.layers.PreNormLayer;
import io.promptmill.udf.layers.Rope;

/**
 * Llama 1, 2 and 3 (Touvron et al. 2023, arXiv:2302.13971, arXiv:2307.09288; Grattafiori et al. 2024, arXiv:2407.21783)
 * and the models that share its form: Mistral, TinyLlama, SmolLM; with experts in place of the feed-forward, Mixtral
 * (Jiang et al. 2024, arXiv:2401.04088).
 */
final class Llama {
    private Llama() {}

    static Model load(ModelParts parts) {
        Rope rope = parts.rope(true);
        Attention attention = parts.attention();
        ExpertParts experts = new ExpertParts(parts);
        return new Decoder(
                parts,
                parts.rmsNorm("output_norm"),
                parts.layers(i -> new PreNormLayer(
                        parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                        parts.selfAttention(i, attention).rotate(rope),
                        parts.rmsNorm(ModelParts.block(i) + "ffn_norm"),
                        experts.has(i)
                                ? experts.layer(i, Activation.SILU, Gating.SOFTMAX, true)
                                : parts.gatedFeedForward(i, Activation.SILU))));
    }
}
