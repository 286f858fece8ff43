package io.promptmill.udf.engine;

import io.promptmill.udf.tensor.RowTiles;

/**
 * The final states of one sequence in a step: those of the last {@code count} positions that it computed.
 *
 * @param states {@code [rows x embedding]} of all sequences of the step
 * @param first row of this sequence
 */
record StateRows(RowTiles states, int first, int count) {

    /** Numbers of a state. */
    int length() {
        return states.features();
    }

    /** Copies the state of a row, {@code 0 <= row < count}. */
    void read(int row, float[] target) {
        states.readRow(first + row, 0, states.features(), target, 0);
    }
}
