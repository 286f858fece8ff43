package io.promptmill.udf.model;

import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.Embedding;
import io.promptmill.udf.layers.PreNormLayer;
import io.promptmill.udf.tensor.RowTiles;

/** GPT-2 (Radford et al. 2019): layer norms, GELU, and learned positions that are added to the tokens' vectors. */
final class Gpt2 {
    private Gpt2() {}

    static Model load(ModelParts parts) {
        ModelShape shape = parts.shape();
        Attention attention = parts.attention();
        Embedding positions = new Embedding(
                parts.compute(),
                parts.file().matrix("position_embd.weight", shape.contextLength(), shape.embeddingLength()));
        RowTiles positionVectors = new RowTiles(parts.size().rows(), shape.embeddingLength());
        return new Decoder(
                        parts,
                        parts.layerNorm("output_norm"),
                        parts.layers(i -> new PreNormLayer(
                                parts.layerNorm(ModelParts.block(i) + "attn_norm"),
                                parts.selfAttention(i, attention),
                                parts.layerNorm(ModelParts.block(i) + "ffn_norm"),
                                parts.plainFeedForward(i, Activation.GELU))))
                .changingVectors((batch, vectors) -> {
                    positions.apply(batch.positions(), positionVectors.resize(batch.rows()));
                    parts.compute().add(vectors, positionVectors);
                });
    }
}
