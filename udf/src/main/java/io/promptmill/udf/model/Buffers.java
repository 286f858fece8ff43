package io.promptmill.udf.model;

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

    Buffers(ModelShape shape, int maximumRows, int maximumOutputs) {
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
