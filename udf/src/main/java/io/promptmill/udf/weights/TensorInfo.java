package io.promptmill.udf.weights;

import io.promptmill.udf.tensor.BlockFormat;
import java.util.List;

/**
 * A named tensor of a model file.
 *
 * @param shape lengths, slowest-varying dimension first ({@code [rows, columns]} for a matrix), as numpy orders them
 */
public record TensorInfo(String name, BlockFormat format, List<Long> shape) {
    public TensorInfo {
        shape = List.copyOf(shape);
    }

    /** Number of values. */
    public long values() {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }

    /** Stored bytes. */
    public long bytes() {
        return format.bytesOf(values());
    }
}
