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
 * Llama 1, 2 and 3 (Touvron et al. 2023, arXiv:2302.13971, arXiv:2307.09288; Grattafiori et al. 2024, arXiv:2407.21783)
 * and the models that share its form: Mistral, TinyLlama, SmolLM; with experts in place of the feed-forward, Mixtral
 * (Jiang et al. 2024, arXiv:2401.04088).
 */
final class Llama extends Decoder {
    private final List<Layer> layers;

    private record Layer(Norm attentionNorm, SelfAttention attention, Norm feedForwardNorm, FeedForward feedForward) {}

    Llama(ModelParts parts) {
        super(parts, parts.rmsNorm("output_norm"));
        Rope rope = parts.rope(true);
        Attention attention = parts.attention();
        ExpertParts experts = new ExpertParts(parts);
        layers = parts.layers(i -> new Layer(
                parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                parts.selfAttention(i, attention).rotate(rope),
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
