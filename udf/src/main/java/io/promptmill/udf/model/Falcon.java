package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.ParallelLayer;
import io.promptmill.udf.layers.Rope;

/**
 * Falcon (Almazrouei et al. 2023, arXiv:2311.16867): attention and feed-forward side by side, behind one layer norm in the
 * 7B, which has one key-value head, and behind one each in the larger models.
 */
final class Falcon {
    private Falcon() {}

    static Model load(ModelParts parts) {
        Rope rope = parts.rope(false);
        Attention attention = parts.attention();
        return new Decoder(parts, parts.layerNorm("output_norm"), parts.layers(i -> {
            // Where there are two norms, the second one is the attention's.
            String norm = ModelParts.block(i) + "attn_norm";
            boolean two = parts.has(norm + "_2.weight");
            return new ParallelLayer(
                    parts.layerNorm(two ? norm + "_2" : norm),
                    parts.selfAttention(i, attention).rotate(rope),
                    two ? parts.layerNorm(norm) : null,
                    parts.plainFeedForward(i, Activation.GELU));
        }));
    }
}
