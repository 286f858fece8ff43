package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.Buffers;
import io.promptmill.udf.layers.FeedForward;
import io.promptmill.udf.layers.LayerStep;
import io.promptmill.udf.layers.Norm;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.layers.SelfAttention;
import io.promptmill.udf.tensor.RowTiles;
import java.util.List;

/**
 * Command R and R+ (Cohere 2024, huggingface.co/CohereForAI/c4ai-command-r-v01): attention and feed-forward side by side
 * behind one layer norm without bias, scaled logits; in the largest, queries and keys are normed.
 */
final class CommandR extends Decoder {
    private final List<Layer> layers;

    private record Layer(Norm norm, SelfAttention attention, FeedForward feedForward) {}

    private final float logitScale;

    CommandR(ModelParts parts) {
        super(parts, parts.layerNorm("output_norm"));
        ModelShape shape = parts.shape();
        logitScale = parts.keys().numberOr("logit_scale", 1f, 0);
        Rope rope = parts.rope(true);
        Attention attention = parts.attention();
        layers = parts.layers(i -> {
            String block = ModelParts.block(i);
            SelfAttention self = parts.selfAttention(i, attention).rotate(rope);
            if (parts.has(block + "attn_q_norm.weight")) {
                self.norm(
                        parts.headLayerNorm(block + "attn_q_norm", shape.heads()),
                        parts.headLayerNorm(block + "attn_k_norm", shape.kvHeads()));
            }
            return new Layer(parts.layerNorm(block + "attn_norm"), self, parts.gatedFeedForward(i, Activation.SILU));
        });
    }

    @Override
    void layer(LayerStep step, int i) {
        Layer layer = layers.get(i);
        Buffers b = step.buffers();
        b.stream.norm(layer.norm, b.normed);
        layer.attention.apply(step, b.normed, b.branch);
        layer.feedForward.apply(b.normed, b.normed);
        b.stream.add(b.normed);
        b.stream.add(b.branch);
    }

    @Override
    void finished(RowTiles logits) {
        compute().scale(logits, logitScale);
    }
}
