package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.kernels.BlockDecoder;
import io.promptmill.udf.kernels.ScalarBlockDecoders;
import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.tensor.ByteStorage;
import io.promptmill.udf.tensor.Matrix;
import java.util.List;

/**
 * A tensor as a model computes with it, and what it is made of. Immutable and thread-safe.
 *
 * @param info name and shape in GGUF
 * @param parts the stored tensor; of a stacked one, that of each expert, all alike
 */
record FolderTensor(TensorInfo info, List<SafetensorsTensor> parts, TensorChange change) {
    FolderTensor {
        parts = List.copyOf(parts);
    }

    /** The matrix {@code [rows x columns]} of one part. */
    Matrix matrix(String name, int part, int rows, int columns) {
        SafetensorsTensor stored = parts.get(part);
        BlockFormat format = info.format();
        if (change.isTransposed()) {
            requireArray((long) rows * columns);
            ByteStorage turned =
                    HeapBytes.transposed(stored.storage(), stored.offset(), rows, columns, format.blockBytes());
            return new Matrix(name, format, rows, columns, turned, 0);
        }
        if (change.order() == null) {
            return new Matrix(name, format, rows, columns, stored.storage(), stored.offset());
        }
        return new Matrix(name, format, rows, columns, view(rows, format.bytesOf(columns)), 0);
    }

    /** All values of a vector. */
    float[] vector(int length) {
        SafetensorsTensor stored = parts.get(0);
        BlockFormat format = info.format();
        requireArray(length);
        BlockDecoder decoder = ScalarBlockDecoders.of(format);
        byte[] bytes = new byte[(int) format.bytesOf(length)];
        if (change.order() == null) {
            stored.storage().read(stored.offset(), bytes, 0, bytes.length);
        } else {
            view(length, format.blockBytes()).read(0, bytes, 0, bytes.length);
        }
        float[] values = new float[length];
        decoder.decode(bytes, 0, values, 0, length);
        for (int i = 0; change.added() != 0 && i < length; i++) {
            values[i] += change.added();
        }
        return values;
    }

    private RowView view(int rows, long rowBytes) {
        SafetensorsTensor stored = parts.get(0);
        return new RowView(stored.storage(), stored.offset(), rows, rowBytes, change.order());
    }

    private void requireArray(long values) {
        if (values * info.format().blockBytes() > Integer.MAX_VALUE - 8) {
            throw new ModelFileException(parts.get(0).source() + ": tensor "
                    + Quoted.of(parts.get(0).name()) + " has " + values
                    + " values, which must be read into memory at once; expected at most "
                    + (Integer.MAX_VALUE - 8) / info.format().blockBytes() + ". Use the model's GGUF file");
        }
    }
}
