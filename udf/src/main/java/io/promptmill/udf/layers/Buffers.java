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
    /** {@code [logits x vocabulary]}. */
    public final RowTiles logits;
    /** States whose logits are computed in a step that gives others, too, {@code [logits x embedding]}; made when needed. */
    private RowTiles selected;

    private final int maximumLogits;

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
    public Buffers(Compute compute, Widths widths, int maximumRows, int maximumLogits) {
        requireAddressable("engine.max_batch_tokens", maximumRows, widths.largest());
        requireAddressable("engine.max_sequences", maximumLogits, widths.vocabulary());
        this.maximumLogits = maximumLogits;
        stream = new ResidualStream(compute, maximumRows, widths.embedding());
        normed = new RowTiles(maximumRows, widths.embedding());
        branch = new RowTiles(maximumRows, widths.embedding());
        queries = new RowTiles(maximumRows, widths.queries());
        keys = new RowTiles(maximumRows, widths.keys());
        values = new RowTiles(maximumRows, widths.values());
        attended = new RowTiles(maximumRows, widths.attended());
        logits = new RowTiles(maximumLogits, widths.vocabulary());
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

    /** Begins a step. */
    public Buffers begin(StepBatch batch) {
        int rows = batch.rows();
        stream.begin(rows);
        for (RowTiles tiles : new RowTiles[] {normed, branch, queries, keys, values, attended}) {
            tiles.resize(rows);
        }
        logits.resize(batch.logits());
        return this;
    }

    /** Those of the final states {@code [outputs x embedding]} that give logits, {@code [logits x embedding]}. */
    public RowTiles statesOfLogits(Compute compute, StepBatch batch) {
        if (batch.logits() == batch.outputs()) {
            return normed;
        }
        if (selected == null) {
            selected = new RowTiles(maximumLogits, normed.features());
        }
        RowSelection.copyLogits(batch, normed, selected.resize(batch.logits()));
        compute.adapterRows().keepLogits(batch);
        return selected;
    }

    /** Drops all rows but those that give states or logits. */
    void keepOutputs(Compute compute, StepBatch batch) {
        RowSelection.keepOutputs(compute, batch, stream.sum(), normed, attended);
        compute.adapterRows().keepOutputs(batch);
        for (RowTiles tiles : new RowTiles[] {branch, queries, keys, values}) {
            tiles.resize(batch.outputs());
        }
    }
}
