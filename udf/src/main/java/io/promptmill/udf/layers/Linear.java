package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.PackedMatrix;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;

/** A linear layer without bias: {@code output = input * weights^T}. Immutable. */
public final class Linear {
    /** Output features of a slice at most: one panel of weights. */
    private static final int MAXIMUM_SLICE = 64;
    /** Slices a thread that are aimed at, so that threads end together. */
    private static final int SLICES_PER_THREAD = 4;

    private static final int SLICE_STEP = 8;

    private final Compute compute;
    private final PackedMatrix weights;
    private final int slice;

    /**
     * @param matrix {@code [outputs x inputs]}
     */
    public Linear(Compute compute, Matrix matrix) {
        this.compute = compute;
        this.weights = compute.kernels().pack(matrix);
        int even = weights.rows() / (compute.workers().threads() * SLICES_PER_THREAD);
        slice = Math.max(SLICE_STEP, Math.min(MAXIMUM_SLICE, even / SLICE_STEP * SLICE_STEP));
    }

    /**
     * @param input {@code [rows x inputs]}
     * @param output {@code [rows x outputs]}, of as many rows
     */
    public void apply(RowTiles input, RowTiles output) {
        int outputs = weights.rows();
        compute.workers().run((outputs + slice - 1) / slice, i -> {
            int from = i * slice;
            compute.kernels().multiply(input, weights, output, from, Math.min(outputs, from + slice));
        });
    }
}
