package io.promptmill.udf.kernels;

import io.promptmill.udf.tensor.Matrix;

/** The numbers of a small stored matrix. */
public final class DecodedMatrix {
    private DecodedMatrix() {}

    /** All numbers, row by row: {@code [rows x columns]}. */
    public static float[] values(Matrix matrix) {
        float[] values = new float[Math.multiplyExact(matrix.rows(), matrix.columns())];
        byte[] row = new byte[Math.toIntExact(matrix.rowBytes())];
        BlockDecoder decoder = ScalarBlockDecoders.of(matrix.format());
        for (int i = 0; i < matrix.rows(); i++) {
            matrix.readRows(i, 1, row);
            decoder.decode(row, 0, values, i * matrix.columns(), matrix.columns());
        }
        return values;
    }
}
