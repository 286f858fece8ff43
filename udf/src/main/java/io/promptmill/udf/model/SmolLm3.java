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
 * SmolLM 3 (Bakouch et al. 2025, huggingface.co/blog/smollm3): Llama's form, but every fourth layer knows no positions
 * (Kazemnejad et al. 2023, arXiv:2305.19466).
 */
final class SmolLm3 extends Decoder {
    private static final int PERIOD_WITHOUT_POSITIONS = 4;

    private final List<Layer> layers;

    private record Layer(Norm attentionNorm, SelfAttention attention, Norm feedForwardNorm, FeedForward feedForward) {}

    SmolLm3(ModelParts parts) {
        super(parts, parts.rmsNorm("output_norm"));
        Rope rope = parts.rope(true);
        Attention attention = parts.attention();
        layers = parts.layers(i -> new Layer(
                parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                parts.selfAttention(i, attention).rotate((i + 1) % PERIOD_WITHOUT_POSITIONS == 0 ? null : rope),
                parts.rmsNorm(ModelParts.block(i) + "ffn_norm"),
                parts.gatedFeedForward(i, Activation.SILU)));
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
