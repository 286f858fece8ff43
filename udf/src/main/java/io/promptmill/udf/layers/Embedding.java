package io.promptmill.udf.layers;

import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;

/** Token ids to vectors: a row of the table {@code [vocabulary x features]} for each. Immutable. */
public final class Embedding {
    private static final int ROWS_PER_SLICE = 16;

    private final Compute compute;
    private final Matrix table;

    public Embedding(Compute compute, Matrix table) {
        this.compute = compute;
        this.table = table;
    }

    /**
     * @param tokens as many ids as {@code output} has rows; each within the table
     * @param output {@code [rows x features]}
     */
    public void apply(int[] tokens, RowTiles output) {
        int rows = output.rows();
        compute.workers().run((rows + ROWS_PER_SLICE - 1) / ROWS_PER_SLICE, i -> {
            int from = i * ROWS_PER_SLICE;
            compute.kernels().gather(table, tokens, output, from, Math.min(rows, from + ROWS_PER_SLICE));
        });
    }
}
