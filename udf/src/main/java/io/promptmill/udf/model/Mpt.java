package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.AttentionShape;
import io.promptmill.udf.layers.AttentionSlopes;
import io.promptmill.udf.layers.Buffers;
import io.promptmill.udf.layers.FeedForward;
import io.promptmill.udf.layers.LayerStep;
import io.promptmill.udf.layers.Norm;
import io.promptmill.udf.layers.SelfAttention;
import java.util.List;

/**
 * MPT (MosaicML 2023, mosaicml.com/blog/mpt-7b): layer norms without biases, GELU, positions by a slope on the scores
 * (Press et al. 2021, arXiv:2108.12409), queries, keys and values cut to a limit in some.
 */
final class Mpt extends Decoder {
    private final List<Layer> layers;

    private record Layer(Norm attentionNorm, SelfAttention attention, Norm feedForwardNorm, FeedForward feedForward) {}

    Mpt(ModelParts parts) {
        super(parts, parts.layerNorm("output_norm"));
        ModelShape shape = parts.shape();
        GgufKeys keys = parts.keys();
        float largestBias = keys.numberOr("attention.max_alibi_bias", 0f, 0);
        float limit = keys.numberOr("attention.clamp_kqv", 0f, 0);
        AttentionShape plain = AttentionShape.of(shape.heads(), shape.kvHeads(), shape.headSize());
        Attention attention = new Attention(
                parts.compute(),
                largestBias == 0 ? plain : plain.withSlopes(AttentionSlopes.of(shape.heads(), largestBias)));
        layers = parts.layers(i -> {
            String block = ModelParts.block(i);
            SelfAttention self = parts.selfAttention(i, attention).clamp(limit == 0 ? Float.POSITIVE_INFINITY : limit);
            if (parts.has(block + "attn_q_norm.weight")) {
                self.norm(
                        parts.layerNorm(block + "attn_q_norm", shape.heads() * shape.headSize()),
                        parts.layerNorm(block + "attn_k_norm", shape.kvHeads() * shape.headSize()));
            }
            return new Layer(
                    parts.layerNorm(block + "attn_norm"),
                    self,
                    parts.layerNorm(block + "ffn_norm"),
                    parts.plainFeedForward(i, Activation.GELU));
        });
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
