package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.Buffers;
import io.promptmill.udf.layers.FeedForward;
import io.promptmill.udf.layers.LayerStep;
import io.promptmill.udf.layers.Norm;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.layers.SelfAttention;
import java.util.List;

/** GLM-4 of 2025 (GLM Team 2024, arXiv:2406.12793): branches are normed before and after, half of a head turns. */
final class Glm4 extends Decoder {
    private final List<Layer> layers;

    private record Layer(
            Norm attentionNorm,
            SelfAttention attention,
            Norm attentionPostNorm,
            Norm feedForwardNorm,
            FeedForward feedForward,
            Norm feedForwardPostNorm) {}

    Glm4(ModelParts parts) {
        super(parts, parts.rmsNorm("output_norm"));
        Rope rope = parts.rope(true);
        Attention attention = parts.attention();
        layers = parts.layers(i -> new Layer(
                parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                parts.selfAttention(i, attention).rotate(rope),
                parts.rmsNorm(ModelParts.block(i) + "post_attention_norm"),
                parts.rmsNorm(ModelParts.block(i) + "ffn_norm"),
                parts.gatedFeedForward(i, Activation.SILU),
                parts.rmsNorm(ModelParts.block(i) + "post_ffw_norm")));
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
}
