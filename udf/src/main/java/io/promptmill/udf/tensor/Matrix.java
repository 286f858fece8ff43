package io.promptmill.udf.tensor;

import java.util.Objects;

/**
 * A weight matrix {@code [rows x columns]} as stored: row-major, every row a run of whole blocks of {@code format},
 * beginning at {@code offset} of {@code storage}. A row is one output feature; its columns are the input features.
 * Immutable and thread-safe.
 */
public record Matrix(String name, BlockFormat format, int rows, int columns, ByteStorage storage, long offset) {

    public Matrix {
        Objects.requireNonNull(format, "format");
        if (rows <= 0 || columns <= 0 || columns % format.blockSize() != 0) {
            throw new IllegalArgumentException(
                    name + ": [" + rows + " x " + columns + "] does not fit blocks of " + format.blockSize());
        }
        Objects.checkFromIndexSize(offset, (long) rows * format.bytesOf(columns), storage.size());
    }

    /** The rows {@code [from, from + count)} as a matrix of their own. */
    public Matrix rows(int from, int count) {
        Objects.checkFromIndexSize(from, count, rows);
        return new Matrix(name, format, count, columns, storage, offset + from * rowBytes());
    }

    /** Bytes of one row. */
    public long rowBytes() {
        return format.bytesOf(columns);
    }

    /** Bytes of the whole matrix. */
    public long bytes() {
        return rows * rowBytes();
    }

    /** Copies {@code count} whole rows from {@code row} on to the start of {@code target}. */
    public void readRows(int row, int count, byte[] target) {
        storage.read(offset + row * rowBytes(), target, 0, Math.toIntExact(count * rowBytes()));
    }

    /** As {@link #readRows}, by {@link ByteStorage#load}: for weights that are read once. */
    public void loadRows(int row, int count, byte[] target) {
        storage.load(offset + row * rowBytes(), target, 0, Math.toIntExact(count * rowBytes()));
    }

    /** Copies the blocks that hold columns {@code [column, column + count)} of {@code row}; both are block-aligned. */
    public void readBlocks(int row, int column, int count, byte[] target, int targetOffset) {
        storage.read(
                offset + row * rowBytes() + format.bytesOf(column), target, targetOffset, (int) format.bytesOf(count));
    }
}
