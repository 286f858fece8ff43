package io.promptmill.udf.model;

import io.promptmill.udf.layers.KvCache;

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
    public long kvBytesPerBlock() {
        return KvCache.bytesPerBlock(layers, kvHeads, headSize);
    }

    /** A KV cache of that many blocks for this model. */
    public KvCache newKvCache(int blocks) {
        return new KvCache(layers, kvHeads, headSize, blocks);
    }
}
