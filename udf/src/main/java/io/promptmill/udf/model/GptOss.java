package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.AttentionSpan;
import io.promptmill.udf.layers.ExpertRouter.Gating;
import io.promptmill.udf.layers.PreNormLayer;
import io.promptmill.udf.layers.Rope;

/**
 * gpt-oss (OpenAI 2025, arXiv:2508.10925): experts with limited gates, biases everywhere, a sink in each head's attention,
 * and a sliding window in every other layer.
 */
final class GptOss {
    private GptOss() {}

    static Model load(ModelParts parts) {
        ModelShape shape = parts.shape();
        GgufKeys keys = parts.keys();
        Rope rope = parts.rope(false);
        Attention attention = parts.attention();
        ExpertParts experts = new ExpertParts(parts);
        int window = keys.require("attention.sliding_window", 1, Integer.MAX_VALUE);
        boolean[] sliding = keys.slidingLayers(shape.layers(), 2);
        return new Decoder(parts, parts.rmsNorm("output_norm"), parts.layers(i -> {
            String block = ModelParts.block(i);
            float[] sinks = parts.file().vector(block + "attn_sinks.weight", shape.heads());
            return new PreNormLayer(
                    parts.rmsNorm(block + "attn_norm"),
                    parts.selfAttention(i, attention)
                            .rotate(rope)
                            .span(new AttentionSpan(sliding[i] ? window : 0, sinks)),
                    parts.rmsNorm(block + "post_attention_norm"),
                    experts.layer(i, Activation.LIMITED_SILU, Gating.SOFTMAX_OF_CHOSEN, false));
        }));
    }
}
