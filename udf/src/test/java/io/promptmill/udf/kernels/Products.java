package io.promptmill.udf.kernels;

import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;

/** Whole matrix products with a provider, as a layer computes them, on one thread. */
final class Products {
    private Products() {}

    /** Packs for {@code threads} and multiplies, slice by slice. */
    static void multiply(Kernels kernels, RowTiles input, Matrix weights, RowTiles output, int threads) {
        try (WorkerPool workers = new WorkerPool(threads, "pack")) {
            multiply(kernels, input, kernels.pack(weights, workers), output);
        }
    }

    static void multiply(Kernels kernels, RowTiles input, PackedMatrix weights, RowTiles output) {
        ProductInput converted = kernels.newInput(input.features());
        int pieces = converted.begin(input);
        for (int piece = 0; piece < pieces; piece++) {
            converted.convert(piece);
        }
        for (int slice = 0; slice < weights.slices(); slice++) {
            kernels.multiply(converted, weights, output, slice, 0, input.rows());
        }
    }
}
