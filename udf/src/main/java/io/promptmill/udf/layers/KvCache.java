package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.tensor.RowTiles;

/**
 * Keys and values of past tokens in blocks of {@link #BLOCK_TOKENS} positions; which block belongs to which sequence is
 * the scheduler's business. Inside a block and layer, a head's keys lie as {@code [headSize x positions]}, so that the
 * scores of all its positions are one vector, and its values as {@code [positions x valueSize]}.
 *
 * <p>A block's memory is allocated when it is first written and kept. Writers of distinct positions and readers of
 * positions written before do not disturb one another.
 */
public abstract sealed class KvCache permits FloatKvCache, HalfKvCache {
    /** Positions in a block. */
    public static final int BLOCK_TOKENS = RowTiles.LANES;

    private final int heads;
    private final int headSize;
    private final int valueSize;

    KvCache(int heads, int headSize, int valueSize) {
        this.heads = heads;
        this.headSize = headSize;
        this.valueSize = valueSize;
    }

    /**
     * A cache of {@code blocks} blocks, none of them allocated.
     *
     * @param heads key-value heads of a layer
     * @param headSize features of a head's key
     * @param valueSize features of a head's value
     */
    public static KvCache of(KvPrecision precision, int layers, int heads, int headSize, int valueSize, int blocks) {
        return switch (precision) {
            case F32 -> new FloatKvCache(layers, heads, headSize, valueSize, blocks);
            case F16 -> new HalfKvCache(layers, heads, headSize, valueSize, blocks);
        };
    }

    /** Memory of one block over all layers. */
    public static long bytesPerBlock(KvPrecision precision, int layers, int heads, int headSize, int valueSize) {
        return (long) layers * heads * (headSize + valueSize) * BLOCK_TOKENS * precision.bytes();
    }

    /** Makes room for a block in a layer if it is new. Called by one thread for a block. */
    abstract void allocate(int layer, int block);

    /** Copies what a block holds, in all layers, to another one. Not while a step is computed. */
    public abstract void copy(int fromBlock, int toBlock);

    /**
     * Stores the keys and values of the batch's rows in one tile.
     *
     * @param keys {@code [rows x heads * headSize]}
     * @param values {@code [rows x heads * valueSize]}
     */
    abstract void store(Kernels kernels, int layer, StepBatch batch, RowTiles keys, RowTiles values, int tile);

    /** Points the view at a head's keys {@code [headSize x positions]}; valid until its next use. */
    abstract void readKeys(Kernels kernels, int layer, int block, int head, KvView view);

    /** Points the view at a head's values {@code [positions x valueSize]}; valid until its next use. */
    abstract void readValues(Kernels kernels, int layer, int block, int head, KvView view);

    /** Features of a position's keys: those of all heads. */
    final int keyWidth() {
        return heads * headSize;
    }

    /** Features of a position's values. */
    final int valueWidth() {
        return heads * valueSize;
    }

    final int headSize() {
        return headSize;
    }

    final int valueSize() {
        return valueSize;
    }

    /** Numbers of a block in a layer. */
    final int blockLength() {
        return (keyWidth() + valueWidth()) * BLOCK_TOKENS;
    }

    final int keysOffset(int head) {
        return head * headSize * BLOCK_TOKENS;
    }

    final int valuesOffset(int head) {
        return (keyWidth() + head * valueSize) * BLOCK_TOKENS;
    }
}
