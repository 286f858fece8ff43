package io.promptmill.udf.kernels;

import io.promptmill.udf.tensor.RowTiles;

/**
 * Activations {@code [rows x features]} in the form that a provider multiplies with, converted once for all the products
 * that share them. Reused from step to step: the activations must not change between {@link #begin} and the last product.
 */
public interface ProductInput {

    /**
     * Takes in the activations of the next products.
     *
     * @return pieces that {@link #convert} has yet to be called for, each once, by any thread
     */
    int begin(RowTiles activations);

    /** Converts a piece of the activations. */
    void convert(int piece);
}
