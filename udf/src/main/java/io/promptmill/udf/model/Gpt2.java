package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.Buffers;
import io.promptmill.udf.layers.Embedding;
import io.promptmill.udf.layers.FeedForward;
import io.promptmill.udf.layers.LayerStep;
import io.promptmill.udf.layers.Norm;
import io.promptmill.udf.layers.SelfAttention;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.tensor.RowTiles;
import java.util.List;

/** GPT-2 (Radford et al. 2019): layer norms, GELU, and learned positions that are added to the tokens' vectors. */
final class Gpt2 extends Decoder {
    private final List<Layer> layers;

    private record Layer(Norm attentionNorm, SelfAttention attention, Norm feedForwardNorm, FeedForward feedForward) {}

    private final Embedding positions;
    private final RowTiles positionVectors;

    Gpt2(ModelParts parts) {
        super(parts, parts.layerNorm("output_norm"));
        ModelShape shape = parts.shape();
        positions = new Embedding(
                parts.compute(),
                parts.file().matrix("position_embd.weight", shape.contextLength(), shape.embeddingLength()));
        positionVectors = new RowTiles(parts.size().rows(), shape.embeddingLength());
        Attention attention = parts.attention();
        layers = parts.layers(i -> new Layer(
                parts.layerNorm(ModelParts.block(i) + "attn_norm"),
                parts.selfAttention(i, attention),
                parts.layerNorm(ModelParts.block(i) + "ffn_norm"),
                parts.plainFeedForward(i, Activation.GELU)));
    }

    @Override
    void embedded(StepBatch batch, RowTiles vectors) {
        positions.apply(batch.positions(), positionVectors.resize(batch.rows()));
        compute().add(vectors, positionVectors);
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
