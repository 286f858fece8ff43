package io.promptmill.udf.model;

import io.promptmill.udf.layers.Buffers;
import io.promptmill.udf.layers.KvCache;
import io.promptmill.udf.layers.KvPrecision;
import io.promptmill.udf.tensor.RowTiles;

/**
 * The sizes that every architecture has.
 *
 * @param headSize features of a head's queries and keys
 * @param valueSize features of a head's values
 * @param contextLength positions that the model was made for
 * @param vocabularySize ids that have a vector, or of a model that was built, a logit
 * @param furtherFeatures of a row's activations, which only this architecture has
 */
public record ModelShape(
        int layers,
        int embeddingLength,
        int feedForwardLength,
        int heads,
        int kvHeads,
        int headSize,
        int valueSize,
        int contextLength,
        int vocabularySize,
        Experts experts,
        int furtherFeatures) {

    /** Where the architecture has no activations of its own. */
    public ModelShape(
            int layers,
            int embeddingLength,
            int feedForwardLength,
            int heads,
            int kvHeads,
            int headSize,
            int valueSize,
            int contextLength,
            int vocabularySize,
            Experts experts) {
        this(
                layers,
                embeddingLength,
                feedForwardLength,
                heads,
                kvHeads,
                headSize,
                valueSize,
                contextLength,
                vocabularySize,
                experts,
                0);
    }

    /**
     * The experts of a layer.
     *
     * @param used experts that a row uses
     * @param length of an expert's feed-forward
     */
    public record Experts(int count, int used, int length) {
        /** Of a model without experts. */
        public static final Experts NONE = new Experts(0, 0, 0);
    }

    /** With other experts. */
    ModelShape withExperts(Experts others) {
        return new ModelShape(
                layers,
                embeddingLength,
                feedForwardLength,
                heads,
                kvHeads,
                headSize,
                valueSize,
                contextLength,
                vocabularySize,
                others,
                furtherFeatures);
    }

    /** With fewer logits. */
    ModelShape withVocabulary(int ids) {
        return new ModelShape(
                layers,
                embeddingLength,
                feedForwardLength,
                heads,
                kvHeads,
                headSize,
                valueSize,
                contextLength,
                Math.min(ids, vocabularySize),
                experts,
                furtherFeatures);
    }

    /** Memory of one KV block over all layers. */
    public long kvBytesPerBlock(KvPrecision precision) {
        return KvCache.bytesPerBlock(precision, layers, kvHeads, headSize, valueSize);
    }

    /** Memory of one token's keys and values over all layers. */
    public long kvBytesPerToken(KvPrecision precision) {
        return kvBytesPerBlock(precision) / KvCache.BLOCK_TOKENS;
    }

    /** Memory of a step's activations for each of its rows: residual stream, attention, feed-forward, experts. */
    public long activationBytesPerRow() {
        long attention = (long) (headSize + valueSize) * (heads + kvHeads);
        long ofExperts = (long) experts.used() * (embeddingLength + 2L * experts.length()) + experts.count();
        return Float.BYTES * (3L * embeddingLength + attention + 2L * feedForwardLength + ofExperts + furtherFeatures);
    }

    /** Memory of a step's activations, however many rows there are: each expert's rows begin with a tile of their own. */
    public long activationBytesOfStep() {
        return (long) Float.BYTES * (RowTiles.LANES - 1) * experts.count() * (embeddingLength + 2L * experts.length());
    }

    /** Memory of a step's activations for each row whose logits are needed. */
    public long activationBytesPerOutput() {
        return (long) Float.BYTES * vocabularySize;
    }

    /** A KV cache of that many blocks for this model. */
    public KvCache newKvCache(KvPrecision precision, int blocks) {
        return KvCache.of(precision, layers, kvHeads, headSize, valueSize, blocks);
    }

    /** The widths of a step's activations. */
    Buffers.Widths widths() {
        return new Buffers.Widths(
                embeddingLength,
                heads * headSize,
                kvHeads * headSize,
                kvHeads * valueSize,
                heads * valueSize,
                vocabularySize);
    }
}
