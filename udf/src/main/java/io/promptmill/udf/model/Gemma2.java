package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.AttentionShape;
import io.promptmill.udf.layers.AttentionSpan;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.layers.SandwichNormLayer;

/**
 * Gemma 2 (Gemma Team 2024, arXiv:2408.00118): every other layer sees a sliding window, branches are normed before and
 * after, scores and logits are bounded.
 */
final class Gemma2 {
    private static final int LAYERS_OF_27B = 46;
    private static final int USUAL_WINDOW = 4096;

    private Gemma2() {}

    static Model load(ModelParts parts) {
        ModelShape shape = parts.shape();
        GgufKeys keys = parts.keys();
        // The largest model scales by the width of a head's share of the embedding instead of the head's size.
        int scaled = shape.layers() == LAYERS_OF_27B ? shape.embeddingLength() / shape.heads() : shape.headSize();
        Attention attention = new Attention(
                parts.compute(),
                AttentionShape.of(shape.heads(), shape.kvHeads(), shape.headSize())
                        .withScale((float) (1 / Math.sqrt(scaled)))
                        .withSoftCap(keys.numberOr("attn_logit_softcapping", 50f, 0)));
        Rope rope = parts.rope(false);
        boolean[] sliding = keys.slidingLayers(shape.layers(), 2);
        AttentionSpan window =
                new AttentionSpan(keys.integerOr("attention.sliding_window", USUAL_WINDOW, 1, Integer.MAX_VALUE), null);
        return new Decoder(
                        parts,
                        parts.rmsNorm("output_norm"),
                        parts.layers(i -> new SandwichNormLayer(
                                parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                                parts.selfAttention(i, attention)
                                        .rotate(rope)
                                        .span(sliding[i] ? window : AttentionSpan.ALL),
                                parts.rmsNorm(ModelParts.block(i) + "post_attention_norm"),
                                parts.rmsNorm(ModelParts.block(i) + "ffn_norm"),
                                parts.gatedFeedForward(i, Activation.GELU),
                                parts.rmsNorm(ModelParts.block(i) + "post_ffw_norm"))))
                .scalingVectors((float) Math.sqrt(shape.embeddingLength()))
                .cappingLogits(keys.numberOr("final_logit_softcapping", 30f, 0));
    }
}
