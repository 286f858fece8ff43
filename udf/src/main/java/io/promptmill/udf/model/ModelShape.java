package io.promptmill.udf.model;

import io.promptmill.udf.layers.KvCache;
import io.promptmill.udf.layers.KvPrecision;

/**
 * The sizes that every architecture has.
 *
 * @param contextLength positions that the model was made for
 */
public record ModelShape(
        int layers,
        int embeddingLength,
        int feedForwardLength,
        int heads,
        int kvHeads,
        int headSize,
        int contextLength,
        int vocabularySize) {

    /** Memory of one KV block over all layers. */
    public long kvBytesPerBlock(KvPrecision precision) {
        return KvCache.bytesPerBlock(precision, layers, kvHeads, headSize);
    }

    /** Memory of one token's keys and values over all layers. */
    public long kvBytesPerToken(KvPrecision precision) {
        return kvBytesPerBlock(precision) / KvCache.BLOCK_TOKENS;
    }

    /** Memory of a step's activations for each of its rows: residual stream, attention, feed-forward. */
    public long activationBytesPerRow() {
        return Float.BYTES * (2L * embeddingLength + 2L * headSize * (heads + kvHeads) + 2L * feedForwardLength);
    }

    /** Memory of a step's activations for each row whose logits are needed. */
    public long activationBytesPerOutput() {
        return Float.BYTES * ((long) embeddingLength + vocabularySize);
    }

    /** A KV cache of that many blocks for this model. */
    public KvCache newKvCache(KvPrecision precision, int blocks) {
        return KvCache.of(precision, layers, kvHeads, headSize, blocks);
    }
}
