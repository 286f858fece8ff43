package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.Buffers;
import io.promptmill.udf.layers.ExpertRouter.Gating;
import io.promptmill.udf.layers.FeedForward;
import io.promptmill.udf.layers.LayerStep;
import io.promptmill.udf.layers.Norm;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.layers.SelfAttention;
import java.util.List;

/**
 * Qwen 3, dense or with experts (Yang et al. 2025, arXiv:2505.09388): norms of each head's queries and keys take the
 * place of biases.
 */
final class Qwen3 extends Decoder {
    private final List<Layer> layers;

    private record Layer(Norm attentionNorm, SelfAttention attention, Norm feedForwardNorm, FeedForward feedForward) {}

    Qwen3(ModelParts parts) {
        super(parts, parts.rmsNorm("output_norm"));
        ModelShape shape = parts.shape();
        Rope rope = parts.rope(false);
        Attention attention = parts.attention();
        ExpertParts experts = new ExpertParts(parts);
        layers = parts.layers(i -> new Layer(
                parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                parts.selfAttention(i, attention)
                        .norm(
                                parts.rmsNorm(ModelParts.block(i) + "attn_q_norm", shape.headSize()),
                                parts.rmsNorm(ModelParts.block(i) + "attn_k_norm", shape.headSize()))
                        .rotate(rope),
                parts.rmsNorm(ModelParts.block(i) + "ffn_norm"),
                experts.has(i)
                        ? experts.layer(i, Activation.SILU, Gating.SOFTMAX, true)
                        : parts.gatedFeedForward(i, Activation.SILU)));
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
