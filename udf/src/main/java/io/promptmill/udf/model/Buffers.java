package io.promptmill.udf.model;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.tensor.RowTiles;

/** The activations of a transformer step, allocated once for the largest step. */
final class Buffers {
    /** The residual stream, {@code [rows x embedding]}. */
    final RowTiles stream;

    final RowTiles normed;
    final RowTiles queries;
    final RowTiles keys;
    final RowTiles values;
    final RowTiles attended;
    /** {@code [rows x feed-forward]}. */
    final RowTiles gated;

    final RowTiles raised;
    /** The stream's rows whose logits are needed, {@code [outputs x embedding]}. */
    final RowTiles selected;
    /** {@code [outputs x vocabulary]}. */
    final RowTiles logits;

    private final float[] row;

    /**
     * @throws ConfigException where a buffer would exceed what a Java array holds
     */
    Buffers(ModelShape shape, int maximumRows, int maximumOutputs) {
        requireAddressable("engine.max_batch_tokens", maximumRows, shape.feedForwardLength());
        requireAddressable("engine.max_batch_tokens", maximumRows, shape.heads() * shape.headSize());
        requireAddressable("engine.max_sequences", maximumOutputs, shape.vocabularySize());
        stream = new RowTiles(maximumRows, shape.embeddingLength());
        normed = new RowTiles(maximumRows, shape.embeddingLength());
        queries = new RowTiles(maximumRows, shape.heads() * shape.headSize());
        keys = new RowTiles(maximumRows, shape.kvHeads() * shape.headSize());
        values = new RowTiles(maximumRows, shape.kvHeads() * shape.headSize());
        attended = new RowTiles(maximumRows, shape.heads() * shape.headSize());
        gated = new RowTiles(maximumRows, shape.feedForwardLength());
        raised = new RowTiles(maximumRows, shape.feedForwardLength());
        selected = new RowTiles(maximumOutputs, shape.embeddingLength());
        logits = new RowTiles(maximumOutputs, shape.vocabularySize());
        row = new float[shape.embeddingLength()];
    }

    private static void requireAddressable(String setting, int rows, int features) {
        long tiles = (rows + RowTiles.LANES - 1) / RowTiles.LANES;
        if (tiles * RowTiles.LANES * features > Integer.MAX_VALUE) {
            throw new ConfigException(setting + " is " + rows + "; this model needs a buffer of " + features
                    + " numbers for each, which allows "
                    + Integer.MAX_VALUE / features / RowTiles.LANES * RowTiles.LANES
                    + " at most");
        }
    }

    Buffers resize(int rows, int outputs) {
        for (RowTiles tiles : new RowTiles[] {stream, normed, queries, keys, values, attended, gated, raised}) {
            tiles.resize(rows);
        }
        selected.resize(outputs);
        logits.resize(outputs);
        return this;
    }

    /** Copies the rows that need logits from the stream. */
    void selectOutputs(StepBatch batch) {
        for (int i = 0; i < batch.outputs(); i++) {
            stream.readRow(batch.outputRows()[i], 0, row.length, row, 0);
            selected.writeRow(i, 0, row.length, row, 0);
        }
    }
}
