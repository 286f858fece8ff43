package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.PreNormLayer;

/** GPT-2 (Radford et al. 2019): layer norms, GELU, and learned positions that are added to the tokens' vectors. */
final class Gpt2 {
    private Gpt2() {}

    static Model load(ModelParts parts) {
        Attention attention = parts.attention();
        return new Decoder(
                        parts,
                        parts.layerNorm("output_norm"),
                        parts.layers(i -> new PreNormLayer(
                                parts.layerNorm(ModelParts.block(i) + "attn_norm"),
                                parts.selfAttention(i, attention),
                                parts.layerNorm(ModelParts.block(i) + "ffn_norm"),
                                parts.plainFeedForward(i, Activation.GELU))))
                .changingVectors(parts.learnedPositions());
    }
}
