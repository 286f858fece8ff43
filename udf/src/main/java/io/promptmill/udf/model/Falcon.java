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
 * Falcon (Almazrouei et al. 2023, arXiv:2311.16867): attention and feed-forward side by side, behind one layer norm in the
 * 7B, which has one key-value head, and behind one each in the larger models.
 */
final class Falcon extends Decoder {
    private final List<Layer> layers;

    /**
     * @param feedForwardNorm null where the feed-forward takes what the attention takes
     */
    private record Layer(Norm attentionNorm, SelfAttention attention, Norm feedForwardNorm, FeedForward feedForward) {}

    Falcon(ModelParts parts) {
        super(parts, parts.layerNorm("output_norm"));
        Rope rope = parts.rope(false);
        Attention attention = parts.attention();
        layers = parts.layers(i -> {
            // Where there are two norms, the second one is the attention's.
            String norm = ModelParts.block(i) + "attn_norm";
            boolean two = parts.has(norm + "_2.weight");
            return new Layer(
                    parts.layerNorm(two ? norm + "_2" : norm),
                    parts.selfAttention(i, attention).rotate(rope),
                    two ? parts.layerNorm(norm) : null,
                    parts.plainFeedForward(i, Activation.GELU));
        });
    }

    @Override
    void layer(LayerStep step, int i) {
        Layer layer = layers.get(i);
        Buffers b = step.buffers();
        b.stream.norm(layer.attentionNorm, b.normed);
        layer.attention.apply(step, b.normed, b.branch);
        if (layer.feedForwardNorm != null) {
            b.stream.norm(layer.feedForwardNorm, b.normed);
        }
        layer.feedForward.apply(b.normed, b.normed);
        b.stream.add(b.branch);
        b.stream.add(b.normed);
    }
}
