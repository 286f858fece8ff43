package io.promptmill.udf.layers;

import io.promptmill.udf.tensor.RowTiles;

/** Leaves those rows of a step that give states or logits: what the last layer does after its attention, only they need. */
final class RowSelection {
    private RowSelection() {}

    /**
     * Moves the rows {@code batch.outputRows} to the front, in place, and drops the others.
     *
     * @param activations each {@code [rows x its features]}
     */
    static void keepOutputs(Compute compute, StepBatch batch, RowTiles... activations) {
        for (RowTiles tiles : activations) {
            if (batch.outputs() < batch.rows()) {
                // A row moves forward or stays, so in ascending order none is lost; features are moved by all threads.
                int slice = 64;
                int features = tiles.features();
                compute.workers().run((features + slice - 1) / slice, i -> {
                    int from = i * slice;
                    move(tiles, batch, from, Math.min(features, from + slice));
                });
            }
            tiles.resize(batch.outputs());
        }
    }

    /** Copies the rows {@code batch.logitOutputs} of the outputs. */
    static void copyLogits(StepBatch batch, RowTiles outputs, RowTiles target) {
        float[] row = new float[outputs.features()];
        for (int i = 0; i < batch.logits(); i++) {
            outputs.readRow(batch.logitOutputs()[i], 0, row.length, row, 0);
            target.writeRow(i, 0, row.length, row, 0);
        }
    }

    private static void move(RowTiles tiles, StepBatch batch, int from, int to) {
        float[] data = tiles.data();
        for (int row = 0; row < batch.outputs(); row++) {
            int source = tiles.index(batch.outputRows()[row], from);
            int target = tiles.index(row, from);
            if (source == target) {
                continue;
            }
            for (int f = from; f < to; f++, source += RowTiles.LANES, target += RowTiles.LANES) {
                data[target] = data[source];
            }
        }
    }
}
