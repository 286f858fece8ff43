package io.promptmill.udf.weights;

import io.promptmill.udf.tensor.ByteStorage;
import java.util.List;

/**
 * A tensor of a safetensors file.
 *
 * @param source name of the file for messages
 * @param shape lengths, slowest-varying dimension first; may be empty, or have a length of 0
 * @param offset first byte within {@code storage}; all bytes of the tensor are inside
 */
record SafetensorsTensor(
        String source, String name, SafetensorsType type, List<Long> shape, ByteStorage storage, long offset) {
    SafetensorsTensor {
        shape = List.copyOf(shape);
    }
}
