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

/** StarCoder 2 (Lozhkov et al. 2024, arXiv:2402.19173): layer norms, GELU, biases, and grouped queries that turn. */
final class StarCoder2 extends Decoder {
    private final List<Layer> layers;

    private record Layer(Norm attentionNorm, SelfAttention attention, Norm feedForwardNorm, FeedForward feedForward) {}

    StarCoder2(ModelParts parts) {
        super(parts, parts.layerNorm("output_norm"));
        Rope rope = parts.rope(false);
        Attention attention = parts.attention();
        layers = parts.layers(i -> new Layer(
                parts.layerNorm(ModelParts.block(i) + "attn_norm"),
                parts.selfAttention(i, attention).rotate(rope),
                parts.layerNorm(ModelParts.block(i) + "ffn_norm"),
                parts.plainFeedForward(i, Activation.GELU)));
    }

    @Override
    void layer(LayerStep step, int i) {
        Layer layer = layers.get(i);
        Buffers b = step.buffers();
        b.stream.norm(layer.attentionNorm, b.normed);
        layer.attention.apply(step, b.normed, b.branch);
        b.stream.add(b.branch);
        b.stream.norm(layer.feedForwardNorm, b.normed);
        layer.feedForward.apply(b.normed, b.normed);
        b.stream.add(b.normed);
    }
}
