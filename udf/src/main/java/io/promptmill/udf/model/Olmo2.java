package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.AttentionSpan;
import io.promptmill.udf.layers.Buffers;
import io.promptmill.udf.layers.DecoderLayer;
import io.promptmill.udf.layers.FeedForward;
import io.promptmill.udf.layers.LayerStep;
import io.promptmill.udf.layers.Norm;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.layers.SelfAttention;

/**
 * OLMo 2 and 3 (OLMo Team 2025, arXiv:2501.00656): branches are normed after, not before, and queries and keys over all
 * heads together. In OLMo 3 three of four layers see a sliding window, where positions are not scaled.
 */
final class Olmo2 {
    private static final int PERIOD = 4;

    private Olmo2() {}

    static Model load(ModelParts parts) {
        ModelShape shape = parts.shape();
        GgufKeys keys = parts.keys();
        Attention attention = parts.attention();
        int window = keys.integerOr("attention.sliding_window", 0, 0, Integer.MAX_VALUE);
        boolean[] sliding = window == 0 ? new boolean[shape.layers()] : keys.slidingLayers(shape.layers(), PERIOD);
        AttentionSpan local = new AttentionSpan(window, null);
        Rope globalRope = parts.rope(false);
        Rope localRope =
                window == 0 ? null : parts.rope(false, 0, parts.ropeKeys().plain());
        return new Decoder(
                parts,
                parts.rmsNorm("output_norm"),
                parts.layers(i -> new Layer(
                        parts.selfAttention(i, attention)
                                .norm(
                                        parts.rmsNorm(
                                                ModelParts.block(i) + "attn_q_norm", shape.heads() * shape.headSize()),
                                        parts.rmsNorm(
                                                ModelParts.block(i) + "attn_k_norm",
                                                shape.kvHeads() * shape.headSize()))
                                .rotate(sliding[i] ? localRope : globalRope)
                                .span(sliding[i] ? local : AttentionSpan.ALL),
                        parts.rmsNorm(ModelParts.block(i) + "post_attention_norm"),
                        parts.gatedFeedForward(i, Activation.SILU),
                        parts.rmsNorm(ModelParts.block(i) + "post_ffw_norm"))));
    }

    private record Layer(
            SelfAttention attention, Norm attentionPostNorm, FeedForward feedForward, Norm feedForwardPostNorm)
            implements DecoderLayer {

        @Override
        public void apply(LayerStep step) {
            Buffers b = step.buffers();
            attention.apply(step, b.stream.sum(), b.branch);
            attentionPostNorm.apply(b.branch, b.branch);
            b.stream.add(b.branch);
            feedForward.apply(b.stream.sum(), b.normed);
            feedForwardPostNorm.apply(b.normed, b.normed);
            b.stream.add(b.normed);
        }
    }
}
