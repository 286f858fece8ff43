/** Model files: bytes to named tensors and metadata. */
package io.promptmill.udf.weights;
