package io.promptmill.udf.kernels;

/** A weight matrix {@code [outputs x inputs]} in the form that its provider multiplies with. Immutable, thread-safe. */
public interface PackedMatrix {

    /** Output features. */
    int rows();

    /** Input features. */
    int columns();

    /** Pieces that a product is cut into, by output features; each is computed by one thread. */
    int slices();

    /** Output features of a piece; the last may have fewer. */
    int sliceRows();
}
