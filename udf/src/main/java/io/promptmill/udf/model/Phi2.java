package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.ParallelLayer;
import io.promptmill.udf.layers.Rope;

/** Phi 1.5 and 2 (Li et al. 2023, arXiv:2309.05463): attention and feed-forward side by side behind one layer norm. */
final class Phi2 {
    private Phi2() {}

    static Model load(ModelParts parts) {
        Rope rope = parts.rope(false);
        Attention attention = parts.attention();
        return new Decoder(
                parts,
                parts.layerNorm("output_norm"),
                parts.layers(i -> new ParallelLayer(
                        parts.layerNorm(ModelParts.block(i) + "attn_norm"),
                        parts.selfAttention(i, attention).rotate(rope),
                        null,
                        parts.plainFeedForward(i, Activation.GELU))));
    }
}
