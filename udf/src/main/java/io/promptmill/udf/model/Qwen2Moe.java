package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.Buffers;
import io.promptmill.udf.layers.Compute;
import io.promptmill.udf.layers.DecoderLayer;
import io.promptmill.udf.layers.ExpertRouter.Gating;
import io.promptmill.udf.layers.FeedForward;
import io.promptmill.udf.layers.LayerStep;
import io.promptmill.udf.layers.Norm;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.layers.SelfAttention;
import io.promptmill.udf.layers.SharedExpert;

/**
 * Qwen 1.5 and 2 with experts (Yang et al. 2024, arXiv:2407.10671): beside the chosen experts one that all rows use, each
 * as much as a gate says.
 */
final class Qwen2Moe {
    private Qwen2Moe() {}

    static Model load(ModelParts parts) {
        Rope rope = parts.rope(false);
        Attention attention = parts.attention();
        ExpertParts experts = new ExpertParts(parts);
        int shared = parts.keys()
                .integerOr(
                        "expert_shared_feed_forward_length",
                        parts.shape().feedForwardLength(),
                        1,
                        GgufKeys.MAXIMUM_WIDTH);
        return new Decoder(
                parts,
                parts.rmsNorm("output_norm"),
                parts.layers(i -> new Layer(
                        parts.compute(),
                        parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                        parts.selfAttention(i, attention).rotate(rope),
                        parts.rmsNorm(ModelParts.block(i) + "ffn_norm"),
                        experts.layer(i, Activation.SILU, Gating.SOFTMAX, false),
                        experts.shared(i, Activation.SILU, shared))));
    }

    /** The first files do not say how wide an expert is: all that a row uses together are as wide as a dense layer. */
    static ModelShape shape(GgufKeys keys) {
        ModelShape shape = keys.shape();
        ModelShape.Experts experts = shape.experts();
        return keys.has("expert_feed_forward_length") || experts.count() == 0
                ? shape
                : shape.withExperts(new ModelShape.Experts(
                        experts.count(), experts.used(), Math.max(1, experts.length() / experts.used())));
    }

    private record Layer(
            Compute compute,
            Norm attentionNorm,
            SelfAttention attention,
            Norm feedForwardNorm,
            FeedForward experts,
            SharedExpert sharedExpert)
            implements DecoderLayer {

        @Override
        public void apply(LayerStep step) {
            Buffers b = step.buffers();
            b.stream.norm(attentionNorm, b.normed);
            attention.apply(step, b.normed, b.branch);
            b.stream.add(b.branch);
            b.stream.norm(feedForwardNorm, b.normed);
            sharedExpert.apply(b.normed, b.branch);
            experts.apply(b.normed, b.normed);
            b.stream.add(b.normed);
            b.stream.add(b.branch);
        }
    }
}
