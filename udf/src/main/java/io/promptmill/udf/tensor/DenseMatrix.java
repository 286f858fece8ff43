package io.promptmill.udf.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/** A matrix of 32-bit floats in memory, for weights that are not stored in the form in which they are needed. */
public final class DenseMatrix {
    private DenseMatrix() {}

    /**
     * @param values {@code [rows x columns]}; copied
     */
    public static Matrix of(String name, int rows, int columns, float[] values) {
        if (values.length != Math.multiplyExact(rows, columns)) {
            throw new IllegalArgumentException(name + ": " + values.length + " values for " + rows + " x " + columns);
        }
        byte[] bytes = new byte[Math.multiplyExact(values.length, Float.BYTES)];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
        return new Matrix(name, BlockFormat.F32, rows, columns, new InMemory(bytes), 0);
    }

    private record InMemory(byte[] bytes) implements ByteStorage {
        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public void read(long offset, byte[] target, int targetOffset, int length) {
            Objects.checkFromIndexSize(offset, (long) length, (long) bytes.length);
            System.arraycopy(bytes, (int) offset, target, targetOffset, length);
        }
    }
}
