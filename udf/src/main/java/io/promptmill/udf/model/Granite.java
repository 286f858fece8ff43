package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.Buffers;
import io.promptmill.udf.layers.Compute;
import io.promptmill.udf.layers.DecoderLayer;
import io.promptmill.udf.layers.FeedForward;
import io.promptmill.udf.layers.LayerStep;
import io.promptmill.udf.layers.Norm;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.layers.SelfAttention;

/**
 * Granite 3 (IBM 2024, github.com/ibm-granite/granite-3.0-language-models): Llama's form with a factor at the embedding,
 * the scores, what each branch adds, and the logits.
 */
final class Granite {
    private Granite() {}

    static Model load(ModelParts parts) {
        GgufKeys keys = parts.keys();
        Compute compute = parts.compute();
        float branchScale = keys.factor("residual_scale");
        Rope rope = keys.flagOr("rope.scaling.finetuned", true) ? parts.rope(true) : null;
        Attention attention = parts.attention();
        return new Decoder(
                        parts,
                        parts.rmsNorm("output_norm"),
                        parts.layers(i -> new Layer(
                                compute,
                                parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                                parts.selfAttention(i, attention).rotate(rope),
                                parts.rmsNorm(ModelParts.block(i) + "ffn_norm"),
                                parts.gatedFeedForward(i, Activation.SILU),
                                branchScale)))
                .scalingVectors(keys.factor("embedding_scale"))
                .scalingLogits(1 / keys.factor("logit_scale"));
    }

    private record Layer(
            Compute compute,
            Norm attentionNorm,
            SelfAttention attention,
            Norm feedForwardNorm,
            FeedForward feedForward,
            float branchScale)
            implements DecoderLayer {

        @Override
        public void apply(LayerStep step) {
            Buffers b = step.buffers();
            b.stream.norm(attentionNorm, b.normed);
            attention.apply(step, b.normed, b.branch);
            compute.scale(b.branch, branchScale);
            b.stream.add(b.branch);
            b.stream.norm(feedForwardNorm, b.normed);
            feedForward.apply(b.normed, b.normed);
            compute.scale(b.normed, branchScale);
            b.stream.add(b.normed);
        }
    }
}
