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
 * StableLM 2 (Bellagente et al. 2024, arXiv:2402.17834): layer norms, gates with SiLU, a quarter of each head turns. The
 * 12B norms queries and keys by head and has no norm before the feed-forward, which takes what the attention takes.
 */
final class StableLm extends Decoder {
    private final List<Layer> layers;

    /**
     * @param feedForwardNorm null where the feed-forward takes what the attention takes
     */
    private record Layer(Norm attentionNorm, SelfAttention attention, Norm feedForwardNorm, FeedForward feedForward) {}

    StableLm(ModelParts parts) {
        super(parts, parts.layerNorm("output_norm"));
        ModelShape shape = parts.shape();
        Rope rope = parts.rope(false);
        Attention attention = parts.attention();
        layers = parts.layers(i -> {
            String block = ModelParts.block(i);
            SelfAttention self = parts.selfAttention(i, attention).rotate(rope);
            if (parts.has(block + "attn_q_norm.weight")) {
                self.norm(
                        parts.headLayerNorm(block + "attn_q_norm", shape.heads()),
                        parts.headLayerNorm(block + "attn_k_norm", shape.kvHeads()));
            }
            return new Layer(
                    parts.layerNorm(block + "attn_norm"),
                    self,
                    parts.has(block + "ffn_norm.weight") ? parts.layerNorm(block + "ffn_norm") : null,
                    parts.gatedFeedForward(i, Activation.SILU));
        });
    }

    @Override
    void layer(LayerStep step, int i) {
        Layer layer = layers.get(i);
        Buffers b = step.buffers();
        b.stream.norm(layer.attentionNorm, b.normed);
        layer.attention.apply(step, b.normed, b.branch);
        b.stream.add(b.branch);
        if (layer.feedForwardNorm != null) {
            b.stream.norm(layer.feedForwardNorm, b.normed);
        }
        layer.feedForward.apply(b.normed, b.normed);
        b.stream.add(b.normed);
    }
}
