package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.ParallelLayer;
import io.promptmill.udf.layers.Rope;

/**
 * Command R and R+ (Cohere 2024, huggingface.co/CohereForAI/c4ai-command-r-v01): attention and feed-forward side by side
 * behind one layer norm without bias, scaled logits; in the largest, queries and keys are normed.
 */
final class CommandR {
    private CommandR() {}

    static Model load(ModelParts parts) {
        Rope rope = parts.rope(true);
        Attention attention = parts.attention();
        return new Decoder(
                        parts,
                        parts.layerNorm("output_norm"),
                        parts.layers(i -> new ParallelLayer(
                                parts.layerNorm(ModelParts.block(i) + "attn_norm"),
                                parts.withHeadNorms(
                                        i, parts.selfAttention(i, attention).rotate(rope)),
                                null,
                                parts.gatedFeedForward(i, Activation.SILU))))
                .scalingLogits(parts.keys().factor("logit_scale"));
    }
}
