package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.AttentionShape;
import io.promptmill.udf.layers.AttentionSpan;
import io.promptmill.udf.layers.Buffers;
import io.promptmill.udf.layers.FeedForward;
import io.promptmill.udf.layers.LayerStep;
import io.promptmill.udf.layers.Norm;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.layers.SelfAttention;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.tensor.RowTiles;
import java.util.List;

/**
 * The text part of Gemma 3 (Gemma Team 2025, arXiv:2503.19786): five layers with a sliding window and a base of their own
 * for positions, then one that sees everything; queries and keys are normed.
 */
final class Gemma3 extends Decoder {
    private static final int LAYERS_OF_27B = 62;
    private static final int PERIOD = 6;
    private static final float LOCAL_BASE = 10_000f;

    private final List<Layer> layers;

    private record Layer(
            Norm attentionNorm,
            SelfAttention attention,
            Norm attentionPostNorm,
            Norm feedForwardNorm,
            FeedForward feedForward,
            Norm feedForwardPostNorm) {}

    private final float embeddingScale;
    private final float logitCap;

    Gemma3(ModelParts parts) {
        super(parts, parts.rmsNorm("output_norm"));
        ModelShape shape = parts.shape();
        GgufKeys keys = parts.keys();
        embeddingScale = (float) Math.sqrt(shape.embeddingLength());
        logitCap = keys.numberOr("final_logit_softcapping", 0f, 0);
        int scaled = shape.layers() == LAYERS_OF_27B ? shape.embeddingLength() / shape.heads() : shape.headSize();
        Attention attention = new Attention(
                parts.compute(),
                AttentionShape.of(shape.heads(), shape.kvHeads(), shape.headSize())
                        .withScale((float) (1 / Math.sqrt(scaled))));
        int window = keys.integerOr("attention.sliding_window", 0, 0, Integer.MAX_VALUE);
        boolean[] sliding = window == 0 ? new boolean[shape.layers()] : keys.slidingLayers(shape.layers(), PERIOD);
        AttentionSpan local = new AttentionSpan(window, null);
        Rope globalRope = parts.rope(false);
        float localBase = keys.numberOr("rope.freq_base_swa", LOCAL_BASE, Float.MIN_NORMAL);
        Rope localRope = parts.rope(false, 0, parts.ropeKeys().plain(localBase));
        layers = parts.layers(i -> new Layer(
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
                parts.rmsNorm(ModelParts.block(i) + "post_ffw_norm")));
    }

    @Override
    void embedded(StepBatch batch, RowTiles vectors) {
        compute().scale(vectors, embeddingScale);
    }

    @Override
    void layer(LayerStep step, int i) {
        Layer layer = layers.get(i);
        Buffers b = step.buffers();
        b.stream.norm(layer.attentionNorm, b.normed);
        layer.attention.apply(step, b.normed, b.branch);
        layer.attentionPostNorm.apply(b.branch, b.branch);
        b.stream.add(b.branch);
        b.stream.norm(layer.feedForwardNorm, b.normed);
        layer.feedForward.apply(b.normed, b.normed);
        layer.feedForwardPostNorm.apply(b.normed, b.normed);
        b.stream.add(b.normed);
    }

    @Override
    void finished(RowTiles logits) {
        if (logitCap > 0) {
            compute().softCap(logits, logitCap);
        }
    }
}
