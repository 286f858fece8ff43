package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.PackedMatrix;
import io.promptmill.udf.kernels.ProductInput;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;

/**
 * Linear layers without bias that share an input: {@code outputs[i] = input * weights[i]^T}. All of them are one parallel
 * region, and the input is converted once. Immutable.
 */
public final class Linear {
    private final Compute compute;
    private final PackedMatrix[] weights;
    private final int columns;
    /** The first slice of each matrix among the slices of all, and their number at the end. */
    private final int[] firstSlice;

    /**
     * @param matrices each {@code [its outputs x inputs]}, at least one
     */
    public Linear(Compute compute, Matrix... matrices) {
        this.compute = compute;
        this.columns = matrices[0].columns();
        weights = new PackedMatrix[matrices.length];
        firstSlice = new int[matrices.length + 1];
        for (int i = 0; i < matrices.length; i++) {
            weights[i] = compute.kernels().pack(matrices[i], compute.workers());
            firstSlice[i + 1] = firstSlice[i] + weights[i].slices();
        }
    }

    /**
     * @param input {@code [rows x inputs]}
     * @param outputs one for each matrix, {@code [rows x its outputs]}, of as many rows
     */
    public void apply(RowTiles input, RowTiles... outputs) {
        ProductInput converted = compute.productInput(columns);
        compute.workers().run(converted.begin(input), converted::convert);
        compute.workers().run(firstSlice[weights.length], slice -> {
            int i = weights.length - 1;
            while (slice < firstSlice[i]) {
                i--;
            }
            compute.kernels().multiply(converted, weights[i], outputs[i], slice - firstSlice[i]);
        });
    }
}
