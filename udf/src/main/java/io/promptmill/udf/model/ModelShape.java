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

    /** A KV cache of that many blocks for this model. */
    public KvCache newKvCache(KvPrecision precision, int blocks) {
        return KvCache.of(precision, layers, kvHeads, headSize, blocks);
    }
}
