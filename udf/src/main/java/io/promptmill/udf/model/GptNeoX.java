package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.FeedForward;
import io.promptmill.udf.layers.Norm;
import io.promptmill.udf.layers.ParallelLayer;
import io.promptmill.udf.layers.PreNormLayer;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.layers.SelfAttention;

/**
 * GPT-NeoX (Black et al. 2022, arXiv:2204.06745) and Pythia (Biderman et al. 2023, arXiv:2304.01373): layer norms, GELU,
 * a part of each head turns; the feed-forward takes the layer's input, or what the attention has left.
 */
final class GptNeoX {
    private GptNeoX() {}

    static Model load(ModelParts parts) {
        Rope rope = parts.rope(false);
        Attention attention = parts.attention();
        boolean parallel = parts.keys().flagOr("use_parallel_residual", true);
        return new Decoder(parts, parts.layerNorm("output_norm"), parts.layers(i -> {
            Norm attentionNorm = parts.layerNorm(ModelParts.block(i) + "attn_norm");
            SelfAttention self = parts.selfAttention(i, attention).rotate(rope);
            Norm feedForwardNorm = parts.layerNorm(ModelParts.block(i) + "ffn_norm");
            FeedForward feedForward = parts.plainFeedForward(i, Activation.GELU);
            return parallel
                    ? new ParallelLayer(attentionNorm, self, feedForwardNorm, feedForward)
                    : new PreNormLayer(attentionNorm, self, feedForwardNorm, feedForward);
        }));
    }
}
