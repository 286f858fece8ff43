package io.promptmill.udf.layers;

import java.util.Arrays;

/**
 * The rows of one step: prompt chunks and next tokens of many sequences, in any order, but the rows of one sequence by
 * ascending position. Filled anew for every step. Not thread-safe.
 */
public final class StepBatch {
    private final int[] tokens;
    private final int[] positions;
    private final int[][] blockTables;
    private final int[] outputRows;
    private int rows;
    private int outputs;

    /**
     * @param maximumRows rows of a step at most
     */
    public StepBatch(int maximumRows) {
        tokens = new int[maximumRows];
        positions = new int[maximumRows];
        blockTables = new int[maximumRows][];
        outputRows = new int[maximumRows];
    }

    public void clear() {
        Arrays.fill(blockTables, 0, rows, null);
        rows = 0;
        outputs = 0;
    }

    /**
     * Adds a row.
     *
     * @param blockTable ids of the KV blocks of its sequence, in order; covers at least {@code position}
     * @param output whether the logits after this token are needed
     */
    public void add(int token, int position, int[] blockTable, boolean output) {
        tokens[rows] = token;
        positions[rows] = position;
        blockTables[rows] = blockTable;
        if (output) {
            outputRows[outputs++] = rows;
        }
        rows++;
    }

    public int rows() {
        return rows;
    }

    /** Token ids, {@code [rows]}. */
    public int[] tokens() {
        return tokens;
    }

    /** Positions from 0 in their sequences, {@code [rows]}. */
    public int[] positions() {
        return positions;
    }

    /** KV block ids of each row's sequence, {@code [rows][blocks]}. */
    public int[][] blockTables() {
        return blockTables;
    }

    /** Number of rows whose logits are needed. */
    public int outputs() {
        return outputs;
    }

    /** Rows whose logits are needed, ascending, {@code [outputs]}. */
    public int[] outputRows() {
        return outputRows;
    }
}
