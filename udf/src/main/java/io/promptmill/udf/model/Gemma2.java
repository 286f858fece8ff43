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
 * Gemma 2 (Gemma Team 2024, arXiv:2408.00118): every other layer sees a sliding window, branches are normed before and
 * after, scores and logits are bounded.
 */
final class Gemma2 extends Decoder {
    private static final int LAYERS_OF_27B = 46;
    private static final int USUAL_WINDOW = 4096;

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

    Gemma2(ModelParts parts) {
        super(parts, parts.rmsNorm("output_norm"));
        ModelShape shape = parts.shape();
        GgufKeys keys = parts.keys();
        embeddingScale = (float) Math.sqrt(shape.embeddingLength());
        logitCap = keys.numberOr("final_logit_softcapping", 30f, 0);
        // The largest model scales by the width of a head's share of the embedding instead of the head's size.
        int scaled = shape.layers() == LAYERS_OF_27B ? shape.embeddingLength() / shape.heads() : shape.headSize();
        Rope rope = parts.rope(false);
        Attention attention = new Attention(
                parts.compute(),
                AttentionShape.of(shape.heads(), shape.kvHeads(), shape.headSize())
                        .withScale((float) (1 / Math.sqrt(scaled)))
                        .withSoftCap(keys.numberOr("attn_logit_softcapping", 50f, 0)));
        boolean[] sliding = keys.slidingLayers(shape.layers(), 2);
        AttentionSpan window =
                new AttentionSpan(keys.integerOr("attention.sliding_window", USUAL_WINDOW, 1, Integer.MAX_VALUE), null);
        layers = parts.layers(i -> new Layer(
                parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                parts.selfAttention(i, attention).rotate(rope).span(sliding[i] ? window : AttentionSpan.ALL),
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
