package io.promptmill.udf.kernels;

import io.promptmill.udf.tensor.Matrix;

/** Reads the rows of a stored matrix once, in ascending order and several at a time, to be packed. Not thread-safe. */
final class StoredRows {
    /** Bytes read at once, or a row where that is more. */
    private static final int READ_BYTES = 1 << 20;

    private final Matrix matrix;
    private final BlockDecoder decoder;
    private final byte[] stored;
    private final float[] values;
    private int first;
    private int count;

    StoredRows(Matrix matrix, BlockDecoder decoder) {
        this.matrix = matrix;
        this.decoder = decoder;
        int rows = (int) Math.max(1, Math.min(matrix.rows(), READ_BYTES / matrix.rowBytes()));
        stored = new byte[Math.toIntExact(rows * matrix.rowBytes())];
        values = new float[matrix.columns()];
    }

    /** The stored bytes; those of a row begin where {@link #locate} says. */
    byte[] bytes() {
        return stored;
    }

    /**
     * Where a row's bytes begin, after reading it where needed.
     *
     * @param end one beyond the last row that will be asked for
     */
    int locate(int row, int end) {
        if (row < first || row >= first + count) {
            first = row;
            count = (int) Math.min(end - row, stored.length / matrix.rowBytes());
            matrix.loadRows(row, count, stored);
        }
        return (int) ((row - first) * matrix.rowBytes());
    }

    /** The numbers of a row, valid until the next call. */
    float[] decode(int row, int end) {
        decoder.decode(stored, locate(row, end), values, 0, values.length);
        return values;
    }
}
