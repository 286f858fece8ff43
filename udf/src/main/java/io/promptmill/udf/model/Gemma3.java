package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.AttentionShape;
import io.promptmill.udf.layers.AttentionSpan;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.layers.SandwichNormLayer;

/**
 * The text part of Gemma 3 (Gemma Team 2025, arXiv:2503.19786): five layers with a sliding window and a base of their own
 * for positions, then one that sees everything; queries and keys are normed.
 */
final class Gemma3 {
    private static final int LAYERS_OF_27B = 62;
    private static final int PERIOD = 6;
    private static final float LOCAL_BASE = 10_000f;

    private Gemma3() {}

    static Model load(ModelParts parts) {
        ModelShape shape = parts.shape();
        GgufKeys keys = parts.keys();
        // As in Gemma 2.
        int scaled = shape.layers() == LAYERS_OF_27B ? shape.embeddingLength() / shape.heads() : shape.headSize();
        Attention attention = new Attention(
                parts.compute(),
                AttentionShape.of(shape.heads(), shape.kvHeads(), shape.headSize())
                        .withScale((float) (1 / Math.sqrt(scaled))));
        int window = keys.integerOr("attention.sliding_window", 0, 0, Integer.MAX_VALUE);
        boolean[] sliding = window == 0 ? new boolean[shape.layers()] : keys.slidingLayers(shape.layers(), PERIOD);
        AttentionSpan local = new AttentionSpan(window, null);
        float localBase = keys.numberOr("rope.freq_base_swa", LOCAL_BASE, Float.MIN_NORMAL);
        Rope localRope = parts.rope(false, 0, parts.ropeKeys().plain(localBase));
        Rope globalRope = parts.rope(false);
        return new Decoder(
                        parts,
                        parts.rmsNorm("output_norm"),
                        parts.layers(i -> new SandwichNormLayer(
                                parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                                parts.selfAttention(i, attention)
                                        .norm(
                                                parts.rmsNorm(ModelParts.block(i) + "attn_q_norm", shape.headSize()),
                                                parts.rmsNorm(ModelParts.block(i) + "attn_k_norm", shape.headSize()))
                                        .rotate(sliding[i] ? localRope : globalRope)
                                        .span(sliding[i] ? local : AttentionSpan.ALL),
                                parts.rmsNorm(ModelParts.block(i) + "post_attention_norm"),
                                parts.rmsNorm(ModelParts.block(i) + "ffn_norm"),
                                parts.gatedFeedForward(i, Activation.GELU),
                                parts.rmsNorm(ModelParts.block(i) + "post_ffw_norm"))))
                .scalingVectors((float) Math.sqrt(shape.embeddingLength()))
                .cappingLogits(keys.numberOr("final_logit_softcapping", 0f, 0));
    }
}
