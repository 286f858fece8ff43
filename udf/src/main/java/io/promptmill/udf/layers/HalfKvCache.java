package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.tensor.RowTiles;

/** Keys and values in half precision: half the memory, and half of it to read for each token. */
final class HalfKvCache extends KvCache {
    private final short[][][] blocks;
    /** Of each thread, a tile's keys and then its values. */
    private final ThreadLocal<short[]> encoded = ThreadLocal.withInitial(() -> new short[blockLength()]);

    HalfKvCache(int layers, int heads, int headSize, int valueSize, int blocks) {
        super(heads, headSize, valueSize);
        this.blocks = new short[layers][blocks][];
    }

    @Override
    void allocate(int layer, int block) {
        if (blocks[layer][block] == null) {
            blocks[layer][block] = new short[blockLength()];
        }
    }

    @Override
    public void copy(int fromBlock, int toBlock) {
        for (int layer = 0; layer < blocks.length; layer++) {
            allocate(layer, toBlock);
            System.arraycopy(blocks[layer][fromBlock], 0, blocks[layer][toBlock], 0, blockLength());
        }
    }

    @Override
    void store(Kernels kernels, int layer, StepBatch batch, RowTiles keys, RowTiles values, int tile) {
        int first = tile * RowTiles.LANES;
        int end = Math.min(batch.rows(), first + RowTiles.LANES);
        int length = keyWidth() * RowTiles.LANES;
        short[] source = encoded.get();
        kernels.toHalves(keys.data(), keys.index(first, 0), source, 0, length);
        kernels.toHalves(values.data(), values.index(first, 0), source, length, valueWidth() * RowTiles.LANES);
        int row = first;
        while (row < end) {
            int count = batch.rowsInBlock(row, end);
            short[] block = blocks[layer][batch.block(row)];
            storeKeys(source, row - first, block, batch.slot(row), count);
            for (int i = 0; i < count; i++) {
                storeValues(source, length + row - first + i, block, batch.slot(row) + i);
            }
            row += count;
        }
    }

    private void storeKeys(short[] source, int from, short[] block, int slot, int count) {
        if (count == BLOCK_TOKENS) {
            System.arraycopy(source, from, block, 0, keyWidth() * BLOCK_TOKENS);
            return;
        }
        for (int feature = 0; feature < keyWidth(); feature++) {
            for (int i = 0; i < count; i++) {
                block[feature * BLOCK_TOKENS + slot + i] = source[from + feature * RowTiles.LANES + i];
            }
        }
    }

    private void storeValues(short[] source, int from, short[] block, int slot) {
        for (int feature = 0; feature < valueWidth(); feature += valueSize()) {
            int target = (keyWidth() + feature) * BLOCK_TOKENS + slot * valueSize();
            for (int d = 0; d < valueSize(); d++) {
                block[target + d] = source[from + (feature + d) * RowTiles.LANES];
            }
        }
    }

    @Override
    void readKeys(Kernels kernels, int layer, int block, int head, KvView view) {
        int length = headSize() * BLOCK_TOKENS;
        kernels.fromHalves(blocks[layer][block], keysOffset(head), view.pointToBuffer(length), 0, length);
    }

    @Override
    void readValues(Kernels kernels, int layer, int block, int head, KvView view) {
        int length = valueSize() * BLOCK_TOKENS;
        kernels.fromHalves(blocks[layer][block], valuesOffset(head), view.pointToBuffer(length), 0, length);
    }
}
