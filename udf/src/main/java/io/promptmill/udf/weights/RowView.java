package io.promptmill.udf.weights;

import io.promptmill.udf.tensor.ByteStorage;
import java.util.Objects;

/** A stored matrix with its rows in another order; nothing is copied until it is read. Immutable and thread-safe. */
final class RowView implements ByteStorage {
    private final ByteStorage storage;
    private final long offset;
    private final int rows;
    private final long rowBytes;
    private final RowOrder order;

    /**
     * @param offset of the first stored row within {@code storage}
     * @param order of rows {@code [0, rows)}, each of which it maps into that range
     */
    RowView(ByteStorage storage, long offset, int rows, long rowBytes, RowOrder order) {
        this.storage = storage;
        this.offset = offset;
        this.rows = rows;
        this.rowBytes = rowBytes;
        this.order = order;
    }

    @Override
    public long size() {
        return rows * rowBytes;
    }

    @Override
    public void read(long from, byte[] target, int targetOffset, int length) {
        copy(storage::read, from, target, targetOffset, length);
    }

    @Override
    public void load(long from, byte[] target, int targetOffset, int length) {
        copy(storage::load, from, target, targetOffset, length);
    }

    @FunctionalInterface
    private interface Reader {
        void read(long from, byte[] target, int targetOffset, int length);
    }

    private void copy(Reader reader, long from, byte[] target, int targetOffset, int length) {
        Objects.checkFromIndexSize(from, length, size());
        Objects.checkFromIndexSize(targetOffset, length, target.length);
        int done = 0;
        while (done < length) {
            int row = (int) ((from + done) / rowBytes);
            long within = (from + done) % rowBytes;
            int source = order.sourceRow(row);
            long run = rowBytes - within;
            for (int next = row + 1; run < length - done && order.sourceRow(next) == source + next - row; next++) {
                run += rowBytes;
            }
            int count = (int) Math.min(run, length - done);
            reader.read(offset + source * rowBytes + within, target, targetOffset + done, count);
            done += count;
        }
    }
}
