package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.AttentionSpan;
import io.promptmill.udf.layers.Buffers;
import io.promptmill.udf.layers.ExpertRouter.Gating;
import io.promptmill.udf.layers.FeedForward;
import io.promptmill.udf.layers.LayerStep;
import io.promptmill.udf.layers.Norm;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.layers.SelfAttention;
import java.util.List;

/**
 * gpt-oss (OpenAI 2025, arXiv:2508.10925): experts with limited gates, biases everywhere, a sink in each head's attention,
 * and a sliding window in every other layer.
 */
final class GptOss extends Decoder {
    private final List<Layer> layers;

    private record Layer(Norm attentionNorm, SelfAttention attention, Norm feedForwardNorm, FeedForward feedForward) {}

    GptOss(ModelParts parts) {
        super(parts, parts.rmsNorm("output_norm"));
        ModelShape shape = parts.shape();
        GgufKeys keys = parts.keys();
        Rope rope = parts.rope(false);
        Attention attention = parts.attention();
        ExpertParts experts = new ExpertParts(parts);
        int window = keys.require("attention.sliding_window", 1, Integer.MAX_VALUE);
        boolean[] sliding = keys.slidingLayers(shape.layers(), 2);
        layers = parts.layers(i -> {
            String block = ModelParts.block(i);
            float[] sinks = parts.file().vector(block + "attn_sinks.weight", shape.heads());
            return new Layer(
                    parts.rmsNorm(block + "attn_norm"),
                    parts.selfAttention(i, attention)
                            .rotate(rope)
                            .span(new AttentionSpan(sliding[i] ? window : 0, sinks)),
                    parts.rmsNorm(block + "post_attention_norm"),
                    experts.layer(i, Activation.LIMITED_SILU, Gating.SOFTMAX_OF_CHOSEN, false));
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
