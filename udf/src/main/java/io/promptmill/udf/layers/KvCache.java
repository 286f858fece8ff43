package io.promptmill.udf.layers;

import io.promptmill.udf.tensor.RowTiles;

/**
 * Keys and values of past tokens in blocks of {@link #BLOCK_TOKENS} positions; which block belongs to which sequence is
 * the scheduler's business. Inside a block and layer, a head's keys lie as {@code [headSize x positions]}, so that the
 * scores of all its positions are one vector, and its values as {@code [positions x headSize]}.
 *
 * <p>A block's memory is allocated when it is first written and kept. Writers of distinct positions and readers of
 * positions written before do not disturb one another.
 */
public final class KvCache {
    /** Positions in a block. */
    public static final int BLOCK_TOKENS = RowTiles.LANES;

    private final int heads;
    private final int headSize;
    private final float[][][] blocks;

    /**
     * @param heads key-value heads of a layer
     */
    public KvCache(int layers, int heads, int headSize, int blocks) {
        this.heads = heads;
        this.headSize = headSize;
        this.blocks = new float[layers][blocks][];
    }

    /** Memory of one block over all layers. */
    public static long bytesPerBlock(int layers, int heads, int headSize) {
        return 2L * layers * heads * headSize * BLOCK_TOKENS * Float.BYTES;
    }

    /** The numbers of a block in a layer, allocated now if it is new. Called by one thread for a block. */
    float[] allocate(int layer, int block) {
        float[] data = blocks[layer][block];
        if (data == null) {
            data = new float[2 * heads * headSize * BLOCK_TOKENS];
            blocks[layer][block] = data;
        }
        return data;
    }

    float[] block(int layer, int block) {
        return blocks[layer][block];
    }

    int keysOffset(int head) {
        return head * headSize * BLOCK_TOKENS;
    }

    int valuesOffset(int head) {
        return (heads + head) * headSize * BLOCK_TOKENS;
    }
}
