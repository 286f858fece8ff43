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
import io.promptmill.udf.layers.SharedExpert;
import java.util.List;

/**
 * Qwen 1.5 and 2 with experts (Yang et al. 2024, arXiv:2407.10671): beside the chosen experts one that all rows use, each
 * as much as a gate says.
 */
final class Qwen2Moe extends Decoder {
    private final List<Layer> layers;

    private record Layer(
            Norm attentionNorm,
            SelfAttention attention,
            Norm feedForwardNorm,
            FeedForward experts,
            SharedExpert sharedExpert) {}

    Qwen2Moe(ModelParts parts) {
        super(parts, parts.rmsNorm("output_norm"));
        Rope rope = parts.rope(false);
        Attention attention = parts.attention();
        ExpertParts experts = new ExpertParts(parts);
        int shared = parts.keys().require("expert_shared_feed_forward_length", 1, GgufKeys.MAXIMUM_WIDTH);
        layers = parts.layers(i -> new Layer(
                parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                parts.selfAttention(i, attention).rotate(rope),
                parts.rmsNorm(ModelParts.block(i) + "ffn_norm"),
                experts.layer(i, Activation.SILU, Gating.SOFTMAX, false),
                experts.shared(i, Activation.SILU, shared)));
    }

    @Override
    void layer(LayerStep step, int i) {
        Layer layer = layers.get(i);
        Buffers b = step.buffers();
        b.stream.norm(layer.attentionNorm, b.normed);
        layer.attention.apply(step, b.normed, b.branch);
        b.stream.add(b.branch);
        b.stream.norm(layer.feedForwardNorm, b.normed);
        layer.sharedExpert.apply(b.normed, b.branch);
        layer.experts.apply(b.normed, b.normed);
        compute().add(b.normed, b.branch);
        b.stream.add(b.normed);
    }
}
