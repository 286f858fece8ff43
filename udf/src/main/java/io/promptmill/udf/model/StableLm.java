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
 * StableLM 2 (Bellagente et al. 2024, arXiv:2402.17834): layer norms, gates with SiLU, a quarter of each head turns. The
 * 12B norms queries and keys by head and has no norm before the feed-forward, which takes what the attention takes.
 */
final class StableLm {
    private StableLm() {}

    static Model load(ModelParts parts) {
        Rope rope = parts.rope(false);
        Attention attention = parts.attention();
        return new Decoder(parts, parts.layerNorm("output_norm"), parts.layers(i -> {
            String block = ModelParts.block(i);
            Norm attentionNorm = parts.layerNorm(block + "attn_norm");
            SelfAttention self =
                    parts.withHeadNorms(i, parts.selfAttention(i, attention).rotate(rope));
            FeedForward feedForward = parts.gatedFeedForward(i, Activation.SILU);
            return parts.has(block + "ffn_norm.weight")
                    ? new PreNormLayer(attentionNorm, self, parts.layerNorm(block + "ffn_norm"), feedForward)
                    : new ParallelLayer(attentionNorm, self, null, feedForward);
        }));
    }
}
