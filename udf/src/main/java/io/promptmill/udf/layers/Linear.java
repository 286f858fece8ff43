package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.PackedMatrix;
import io.promptmill.udf.kernels.ProductInput;
import io.promptmill.udf.tensor.RowTiles;

/**
 * Linear layers that share an input: {@code outputs[i] = input * weights[i]^T + bias[i]}, and for rows with an adapter what
 * that adds. All of them are one parallel region, and the input is converted once. Immutable.
 */
public final class Linear {
    private final Compute compute;
    private final PackedMatrix[] weights;
    private final float[][] biases;
    private final int columns;
    /** The first slice of each matrix among the slices of all, and their number at the end. */
    private final int[] firstSlice;
    /** What adapters add; null where none does. */
    private final LowRankAddition addition;

    /**
     * @param projections each {@code [its outputs x inputs]}, at least one
     */
    public Linear(Compute compute, Projection... projections) {
        this.compute = compute;
        this.columns = projections[0].weights().columns();
        weights = new PackedMatrix[projections.length];
        biases = new float[projections.length][];
        firstSlice = new int[projections.length + 1];
        for (int i = 0; i < projections.length; i++) {
            weights[i] = compute.kernels().pack(projections[i].weights(), compute.workers());
            biases[i] = projections[i].bias();
            firstSlice[i + 1] = firstSlice[i] + weights[i].slices();
        }
        addition = LowRankAddition.of(compute, projections);
    }

    /**
     * @param input {@code [rows x inputs]}
     * @param outputs one for each matrix, {@code [rows x its outputs]}, of as many rows
     */
    public void apply(RowTiles input, RowTiles... outputs) {
        ProductInput converted = compute.productInput(columns);
        compute.workers().run(converted.begin(input), converted::convert);
        int slices = firstSlice[weights.length];
        if (addition == null || !addition.begin(input)) {
            compute.workers().run(slices, slice -> multiply(converted, input.rows(), outputs, slice));
            return;
        }
        compute.workers().run(addition.reductions(), i -> addition.reduce(input, i));
        compute.workers().run(slices, slice -> {
            multiply(converted, input.rows(), outputs, slice);
            int i = projection(slice);
            int from = (slice - firstSlice[i]) * weights[i].sliceRows();
            addition.expand(outputs[i], i, from, Math.min(weights[i].rows(), from + weights[i].sliceRows()));
        });
    }

    private int projection(int slice) {
        int i = weights.length - 1;
        while (slice < firstSlice[i]) {
            i--;
        }
        return i;
    }

    private void multiply(ProductInput input, int rows, RowTiles[] outputs, int slice) {
        int i = projection(slice);
        multiply(compute.kernels(), input, weights[i], biases[i], outputs[i], slice - firstSlice[i], 0, rows);
    }

    /** One slice of a product for the rows {@code [fromRow, toRow)}, and its bias while the results are in cache. */
    static void multiply(
            Kernels kernels,
            ProductInput input,
            PackedMatrix weights,
            float[] bias,
            RowTiles output,
            int slice,
            int fromRow,
            int toRow) {
        kernels.multiply(input, weights, output, slice, fromRow, toRow);
        if (bias != null) {
            int from = slice * weights.sliceRows();
            int to = Math.min(weights.rows(), from + weights.sliceRows());
            for (int row = fromRow; row < toRow; row += RowTiles.LANES) {
                kernels.elements().addBias(output.data(), output.index(row, from), bias, from, to);
            }
        }
    }
}
