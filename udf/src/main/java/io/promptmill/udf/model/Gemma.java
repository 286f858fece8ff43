package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.Buffers;
import io.promptmill.udf.layers.FeedForward;
import io.promptmill.udf.layers.LayerStep;
import io.promptmill.udf.layers.Norm;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.layers.SelfAttention;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.tensor.RowTiles;
import java.util.List;

/** Gemma (Gemma Team 2024, arXiv:2403.08295): Llama's form with GELU gates and an embedding scaled by its width. */
final class Gemma extends Decoder {
    private final List<Layer> layers;

    private record Layer(Norm attentionNorm, SelfAttention attention, Norm feedForwardNorm, FeedForward feedForward) {}

    private final float embeddingScale;

    Gemma(ModelParts parts) {
        super(parts, parts.rmsNorm("output_norm"));
        ModelShape shape = parts.shape();
        embeddingScale = (float) Math.sqrt(shape.embeddingLength());
        Rope rope = parts.rope(false);
        Attention attention = parts.attention();
        layers = parts.layers(i -> new Layer(
                parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                parts.selfAttention(i, attention).rotate(rope),
                parts.rmsNorm(ModelParts.block(i) + "ffn_norm"),
                parts.gatedFeedForward(i, Activation.GELU)));
    }

    @Override
    void embedded(StepBatch batch, RowTiles vectors) {
        compute().scale(vectors, embeddingScale);
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
