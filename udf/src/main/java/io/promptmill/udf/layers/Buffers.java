package io.promptmill.udf.layers;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.tensor.RowTiles;

/** The activations of a transformer step, allocated once for the largest step. */
public final class Buffers {
    /** The residual stream, {@code [rows x embedding]}. */
    public final ResidualStream stream;
    /** What a branch takes in, and where it may leave its result, {@code [rows x embedding]}. */
    public final RowTiles normed;
    /** The result of a branch while another is computed, {@code [rows x embedding]}. */
    public final RowTiles branch;

    final RowTiles queries;
    final RowTiles keys;
    final RowTiles values;
    final RowTiles attended;
    /** {@code [outputs x vocabulary]}. */
    public final RowTiles logits;

    /**
     * Widths of the activations.
     *
     * @param queries features of all heads' queries
     * @param keys features of all key-value heads' keys
     * @param values features of all key-value heads' values
     * @param attended features of all heads' results
     */
    public record Widths(int embedding, int queries, int keys, int values, int attended, int vocabulary) {
        private int largest() {
            return Math.max(Math.max(embedding, Math.max(keys, values)), Math.max(queries, attended));
        }
    }

    /**
     * @throws ConfigException where a buffer would exceed what a Java array holds
     */
    public Buffers(Compute compute, Widths widths, int maximumRows, int maximumOutputs) {
        requireAddressable("engine.max_batch_tokens", maximumRows, widths.largest());
        requireAddressable("engine.max_sequences", maximumOutputs, widths.vocabulary());
        stream = new ResidualStream(compute, maximumRows, widths.embedding());
        normed = new RowTiles(maximumRows, widths.embedding());
        branch = new RowTiles(maximumRows, widths.embedding());
        queries = new RowTiles(maximumRows, widths.queries());
        keys = new RowTiles(maximumRows, widths.keys());
        values = new RowTiles(maximumRows, widths.values());
        attended = new RowTiles(maximumRows, widths.attended());
        logits = new RowTiles(maximumOutputs, widths.vocabulary());
    }

    static void requireAddressable(String setting, int rows, int features) {
        long tiles = (rows + RowTiles.LANES - 1) / RowTiles.LANES;
        if (tiles * RowTiles.LANES * features > Integer.MAX_VALUE) {
            throw new ConfigException(setting + " is " + rows + "; this model needs a buffer of " + features
                    + " numbers for each, which allows "
                    + Integer.MAX_VALUE / features / RowTiles.LANES * RowTiles.LANES
                    + " at most");
        }
    }

    /** Begins a step of so many rows. */
    public Buffers begin(int rows, int outputs) {
        stream.begin(rows);
        for (RowTiles tiles : new RowTiles[] {normed, branch, queries, keys, values, attended}) {
            tiles.resize(rows);
        }
        logits.resize(outputs);
        return this;
    }

    /** Drops all rows but those that give logits. */
    void keepOutputs(Compute compute, StepBatch batch) {
        RowSelection.keepOutputs(compute, batch, stream.sum(), normed, attended);
        compute.adapterRows().keepOutputs(batch);
        for (RowTiles tiles : new RowTiles[] {branch, queries, keys, values}) {
            tiles.resize(batch.outputs());
        }
    }
}
