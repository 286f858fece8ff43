package io.promptmill.udf.weights;

/**
 * What stands between a stored tensor and the one that a model computes with.
 *
 * @param order of its rows, or null where they are in place
 * @param isTransposed whether the file holds {@code [columns x rows]}
 * @param added to every value of a vector
 */
record TensorChange(RowOrder order, boolean isTransposed, float added) {
    static final TensorChange NONE = new TensorChange(null, false, 0);
    static final TensorChange TRANSPOSED = new TensorChange(null, true, 0);
    static final TensorChange PLUS_ONE = new TensorChange(null, false, 1);

    static TensorChange ordered(RowOrder order) {
        return new TensorChange(order, false, 0);
    }
}
