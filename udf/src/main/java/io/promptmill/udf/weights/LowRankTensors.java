package io.promptmill.udf.weights;

import io.promptmill.udf.tensor.Matrix;

/**
 * What an adapter adds to one matrix {@code [outputs x inputs]} of a model: {@code scale * up * down}.
 *
 * @param down A, {@code [rank x inputs]}
 * @param up B, {@code [outputs x rank]}, its rows in the order of the model's matrix
 * @param scale that the adapter asks for, by its alpha and its rank
 */
public record LowRankTensors(Matrix down, Matrix up, double scale) {
    public LowRankTensors {
        if (down.rows() != up.columns()) {
            throw new IllegalArgumentException(
                    down.name() + " has rank " + down.rows() + ", " + up.name() + " has rank " + up.columns());
        }
    }

    public int rank() {
        return down.rows();
    }
}
