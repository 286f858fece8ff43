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

/**
 * GPT-NeoX (Black et al. 2022, arXiv:2204.06745) and Pythia (Biderman et al. 2023, arXiv:2304.01373): layer norms, GELU,
 * a part of each head turns; the feed-forward takes the layer's input, or what the attention has left.
 */
final class GptNeoX extends Decoder {
    private final List<Layer> layers;

    private record Layer(Norm attentionNorm, SelfAttention attention, Norm feedForwardNorm, FeedForward feedForward) {}

    private final boolean parallel;

    GptNeoX(ModelParts parts) {
        super(parts, parts.layerNorm("output_norm"));
        parallel = parts.keys().flagOr("use_parallel_residual", true);
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
        if (!parallel) {
            b.stream.add(b.branch);
        }
        b.stream.norm(layer.feedForwardNorm, b.normed);
        layer.feedForward.apply(b.normed, b.normed);
        b.stream.add(b.normed);
        if (parallel) {
            b.stream.add(b.branch);
        }
    }
}
