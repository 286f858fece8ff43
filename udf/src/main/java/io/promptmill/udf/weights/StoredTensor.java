package io.promptmill.udf.weights;

import io.promptmill.udf.tensor.ByteStorage;

/**
 * A tensor and where its bytes lie.
 *
 * @param offset first byte within {@code storage}; all {@code info.bytes()} bytes are inside
 */
record StoredTensor(TensorInfo info, ByteStorage storage, long offset) {}
