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

/**
 * Granite 3 (IBM 2024, github.com/ibm-granite/granite-3.0-language-models): Llama's form with a factor at the embedding,
 * the scores, what each branch adds, and the logits.
 */
final class Granite extends Decoder {
    private final List<Layer> layers;

    private record Layer(Norm attentionNorm, SelfAttention attention, Norm feedForwardNorm, FeedForward feedForward) {}

    private final float embeddingScale;
    private final float residualScale;
    private final float logitScale;

    Granite(ModelParts parts) {
        super(parts, parts.rmsNorm("output_norm"));
        GgufKeys keys = parts.keys();
        embeddingScale = keys.numberOr("embedding_scale", 1f, 0);
        residualScale = keys.numberOr("residual_scale", 1f, 0);
        logitScale = keys.numberOr("logit_scale", 1f, Float.MIN_NORMAL);
        // Hybrids are stored under the same name; what they have besides is refused as tensors without a place.
        Rope rope = keys.flagOr("rope.scaling.finetuned", true) ? parts.rope(true) : null;
        Attention attention = parts.attention();
        layers = parts.layers(i -> new Layer(
                parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                parts.selfAttention(i, attention).rotate(rope),
                parts.rmsNorm(ModelParts.block(i) + "ffn_norm"),
                parts.gatedFeedForward(i, Activation.SILU)));
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
        compute().scale(b.branch, residualScale);
        b.stream.add(b.branch);
        b.stream.norm(layer.feedForwardNorm, b.normed);
        layer.feedForward.apply(b.normed, b.normed);
        compute().scale(b.normed, residualScale);
        b.stream.add(b.normed);
    }

    @Override
    void finished(RowTiles logits) {
        compute().scale(logits, 1 / logitScale);
    }
}
