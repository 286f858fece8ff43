package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.AttentionShape;
import io.promptmill.udf.layers.Buffers;
import io.promptmill.udf.layers.DecoderLayer;
import io.promptmill.udf.layers.ExpertRouter.Gating;
import io.promptmill.udf.layers.FeedForward;
import io.promptmill.udf.layers.LatentAttention;
import io.promptmill.udf.layers.LayerStep;
import io.promptmill.udf.layers.Norm;
import io.promptmill.udf.layers.Rope;

/**
 * DeepSeek V2 and V3 (DeepSeek-AI 2024, arXiv:2405.04434, arXiv:2412.19437): latent attention; after some dense layers,
 * experts beside a part that all rows use.
 */
final class DeepSeek2 {
    private DeepSeek2() {}

    static Model load(ModelParts parts) {
        ModelShape shape = parts.shape();
        GgufKeys keys = parts.keys();
        LatentParts latent = new LatentParts(parts);
        RopeKeys ropeKeys = parts.ropeKeys();
        if (keys.numberOr("attention.temperature_scale", 0f, 0) != 0) {
            throw keys.unsupported("attention.temperature_scale", "not 0", "models without that key");
        }
        Rope rope =
                parts.rope(true, latent.sizes().latent(), ropeKeys.angles().withAmplitude(latent.amplitude(ropeKeys)));
        Attention attention = new Attention(
                parts.compute(),
                new AttentionShape(
                        shape.heads(), 1, shape.headSize(), shape.valueSize(), latent.scale(ropeKeys), 0, null));
        ExpertParts experts = new ExpertParts(parts);
        int sharedLength = shape.experts().length() * keys.integerOr("expert_shared_count", 0, 0, 1 << 10);
        return new Decoder(
                parts,
                parts.rmsNorm("output_norm"),
                parts.layers(i -> new Layer(
                        parts.rmsNorm(ModelParts.block(i) + "attn_norm"),
                        latent.layer(i, attention, rope),
                        parts.rmsNorm(ModelParts.block(i) + "ffn_norm"),
                        experts.has(i)
                                ? experts.layer(i, Activation.SILU, usualGating(parts, i), false)
                                : parts.gatedFeedForward(i, Activation.SILU),
                        experts.has(i) && sharedLength > 0
                                ? parts.gatedFeedForward(
                                        ModelParts.block(i) + "ffn_%s_shexp", sharedLength, Activation.SILU)
                                : null)));
    }

    /** GLM 4.7 Flash does not say how its experts are chosen; a bias of the choice goes with sigmoids. */
    private static Gating usualGating(ModelParts parts, int layer) {
        return parts.has(ModelParts.block(layer) + "exp_probs_b.bias") ? Gating.SIGMOID : Gating.SOFTMAX;
    }

    /**
     * @param shared null in a dense layer
     */
    private record Layer(
            Norm attentionNorm,
            LatentAttention attention,
            Norm feedForwardNorm,
            FeedForward feedForward,
            FeedForward shared)
            implements DecoderLayer {

        @Override
        public void apply(LayerStep step) {
            Buffers b = step.buffers();
            b.stream.norm(attentionNorm, b.normed);
            attention.apply(step, b.normed, b.branch);
            b.stream.add(b.branch);
            b.stream.norm(feedForwardNorm, b.normed);
            if (shared != null) {
                shared.apply(b.normed, b.branch);
            }
            feedForward.apply(b.normed, b.normed);
            b.stream.add(b.normed);
            if (shared != null) {
                b.stream.add(b.branch);
            }
        }
    }
}
