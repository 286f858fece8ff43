package io.promptmill.udf.layers;

import io.promptmill.udf.tensor.RowTiles;
import java.util.Arrays;

/**
 * The rows of one step: prompt chunks and next tokens of many sequences, in any order, but the rows of one sequence by
 * ascending position. Filled anew for every step. Not thread-safe.
 */
public final class StepBatch {
    /** The adapter of a row that has none. */
    public static final int NO_ADAPTER = -1;

    private final int[] tokens;
    private final int[] positions;
    private final int[][] blockTables;
    private final int[] adapters;
    private final int[] outputRows;
    private final int[] logitOutputs;
    /** First row of each span, and the number of rows behind the last. */
    private final int[] spanStarts;

    private int spans;
    private int rows;
    private int outputs;
    private int logits;

    /** What is needed of a row besides its keys and values. */
    public enum Output {
        NONE,
        /** The vector that the last norm leaves. */
        STATE,
        /** That vector, and the logits of the token after it. */
        LOGITS
    }

    /**
     * @param maximumRows rows of a step at most
     */
    public StepBatch(int maximumRows) {
        tokens = new int[maximumRows];
        positions = new int[maximumRows];
        blockTables = new int[maximumRows][];
        adapters = new int[maximumRows];
        outputRows = new int[maximumRows];
        logitOutputs = new int[maximumRows];
        spanStarts = new int[maximumRows + 1];
    }

    public void clear() {
        Arrays.fill(blockTables, 0, rows, null);
        rows = 0;
        outputs = 0;
        logits = 0;
        spans = 0;
    }

    /** Adds a row without an adapter. */
    public void add(int token, int position, int[] blockTable, boolean output) {
        add(token, position, blockTable, output, NO_ADAPTER);
    }

    /** Adds a row whose logits are needed, or nothing of it. */
    public void add(int token, int position, int[] blockTable, boolean output, int adapter) {
        add(token, position, blockTable, output ? Output.LOGITS : Output.NONE, adapter);
    }

    /**
     * Adds a row.
     *
     * @param blockTable ids of the KV blocks of its sequence, in order; covers at least {@code position}
     * @param output what is needed of it
     * @param adapter number of its sequence's adapter among those of the model, or {@link #NO_ADAPTER}
     */
    public void add(int token, int position, int[] blockTable, Output output, int adapter) {
        tokens[rows] = token;
        positions[rows] = position;
        blockTables[rows] = blockTable;
        adapters[rows] = adapter;
        if (output == Output.LOGITS) {
            logitOutputs[logits++] = outputs;
        }
        if (output != Output.NONE) {
            outputRows[outputs++] = rows;
        }
        if (!continuesSpan(rows)) {
            spans++;
            spanStarts[spans - 1] = rows;
        }
        rows++;
        spanStarts[spans] = rows;
    }

    private boolean continuesSpan(int row) {
        return row % RowTiles.LANES != 0
                && blockTables[row] == blockTables[row - 1]
                && positions[row] == positions[row - 1] + 1;
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

    /** The adapter of each row, {@code [rows]}. */
    public int[] adapters() {
        return adapters;
    }

    /** The KV block that holds a row's position. */
    int block(int row) {
        return blockTables[row][positions[row] / KvCache.BLOCK_TOKENS];
    }

    /** The place of a row's position in its KV block. */
    int slot(int row) {
        return positions[row] % KvCache.BLOCK_TOKENS;
    }

    /** Number of spans: rows of one tile that follow one another in a sequence. */
    int spans() {
        return spans;
    }

    /** First row of a span; that of the span behind the last is {@link #rows}. */
    int spanStart(int span) {
        return spanStarts[span];
    }

    /** How many rows from {@code row} on, but before {@code end}, follow one another in one KV block. */
    int rowsInBlock(int row, int end) {
        int next = row + 1;
        while (next < end && slot(next) != 0 && continuesSpan(next)) {
            next++;
        }
        return next - row;
    }

    /** Number of rows whose states or logits are needed. */
    public int outputs() {
        return outputs;
    }

    /** Number of rows whose logits are needed. */
    public int logits() {
        return logits;
    }

    /** Which of the outputs need logits, ascending, {@code [logits]}. */
    int[] logitOutputs() {
        return logitOutputs;
    }

    /** Rows whose states or logits are needed, ascending, {@code [outputs]}. */
    public int[] outputRows() {
        return outputRows;
    }
}
