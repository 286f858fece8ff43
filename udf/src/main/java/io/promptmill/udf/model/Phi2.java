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

/** Phi 1.5 and 2 (Li et al. 2023, arXiv:2309.05463): attention and feed-forward side by side behind one layer norm. */
final class Phi2 extends Decoder {
    private final List<Layer> layers;

    private record Layer(Norm norm, SelfAttention attention, FeedForward feedForward) {}

    Phi2(ModelParts parts) {
        super(parts, parts.layerNorm("output_norm"));
        Rope rope = parts.rope(false);
        Attention attention = parts.attention();
        layers = parts.layers(i -> new Layer(
                parts.layerNorm(ModelParts.block(i) + "attn_norm"),
                parts.selfAttention(i, attention).rotate(rope),
                parts.plainFeedForward(i, Activation.GELU)));
    }

    @Override
    void layer(LayerStep step, int i) {
        Layer layer = layers.get(i);
        Buffers b = step.buffers();
        b.stream.norm(layer.norm, b.normed);
        layer.attention.apply(step, b.normed, b.branch);
        layer.feedForward.apply(b.normed, b.normed);
        b.stream.add(b.normed);
        b.stream.add(b.branch);
    }
}
