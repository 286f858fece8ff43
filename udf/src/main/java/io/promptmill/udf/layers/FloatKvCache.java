package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.tensor.RowTiles;

/** Keys and values as they were computed. */
final class FloatKvCache extends KvCache {
    private final float[][][] blocks;

    FloatKvCache(int layers, int heads, int headSize, int valueSize, int blocks) {
        super(heads, headSize, valueSize);
        this.blocks = new float[layers][blocks][];
    }

    @Override
    void allocate(int layer, int block) {
        if (blocks[layer][block] == null) {
            blocks[layer][block] = new float[blockLength()];
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
        int end = Math.min(batch.rows(), (tile + 1) * RowTiles.LANES);
        int row = tile * RowTiles.LANES;
        while (row < end) {
            int count = batch.rowsInBlock(row, end);
            int source = keys.index(row, 0);
            float[] block = blocks[layer][batch.block(row)];
            storeKeys(keys.data(), source, block, batch.slot(row), count);
            for (int i = 0; i < count; i++) {
                storeValues(values.data(), values.index(row + i, 0), block, batch.slot(row) + i);
            }
            row += count;
        }
    }

    private void storeKeys(float[] source, int from, float[] block, int slot, int count) {
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

    private void storeValues(float[] source, int from, float[] block, int slot) {
        for (int feature = 0; feature < valueWidth(); feature += valueSize()) {
            int target = (keyWidth() + feature) * BLOCK_TOKENS + slot * valueSize();
            for (int d = 0; d < valueSize(); d++) {
                block[target + d] = source[from + (feature + d) * RowTiles.LANES];
            }
        }
    }

    @Override
    void readKeys(Kernels kernels, int layer, int block, int head, KvView view) {
        view.point(blocks[layer][block], keysOffset(head));
    }

    @Override
    void readValues(Kernels kernels, int layer, int block, int head, KvView view) {
        view.point(blocks[layer][block], valuesOffset(head));
    }
}
