package io.promptmill.udf.weights;

import io.promptmill.udf.tensor.ByteStorage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/** Weights in an array: those that no file holds in the form that is wanted. Immutable and thread-safe. */
final class HeapBytes implements ByteStorage {
    private final byte[] bytes;

    private HeapBytes(byte[] bytes) {
        this.bytes = bytes;
    }

    /** {@code values} as they are stored in F32. */
    static HeapBytes of(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(Float.BYTES, values.length))
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return new HeapBytes(bytes.array());
    }

    /**
     * A matrix {@code [columns x rows]} as {@code [rows x columns]}.
     *
     * @param offset of the stored matrix within {@code storage}
     * @param valueBytes bytes of a value
     */
    static HeapBytes transposed(ByteStorage storage, long offset, int rows, int columns, int valueBytes) {
        byte[] result = new byte[Math.multiplyExact(Math.multiplyExact(rows, columns), valueBytes)];
        byte[] stored = new byte[Math.multiplyExact(rows, valueBytes)];
        for (int column = 0; column < columns; column++) {
            storage.load(offset + (long) column * stored.length, stored, 0, stored.length);
            for (int row = 0; row < rows; row++) {
                int to = (row * columns + column) * valueBytes;
                for (int i = 0; i < valueBytes; i++) {
                    result[to + i] = stored[row * valueBytes + i];
                }
            }
        }
        return new HeapBytes(result);
    }

    @Override
    public long size() {
        return bytes.length;
    }

    @Override
    public void read(long offset, byte[] target, int targetOffset, int length) {
        Objects.checkFromIndexSize(offset, length, (long) bytes.length);
        System.arraycopy(bytes, (int) offset, target, targetOffset, length);
    }
}
