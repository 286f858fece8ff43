package io.promptmill.udf.layers;

import io.promptmill.udf.tensor.RowTiles;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;

/** The rows of a step by their adapter. Filled anew for every step, and when rows are dropped. Not thread-safe. */
final class AdapterRows {
    /** Rows of a tile that are worth computing all its lanes: below, one after the other is faster. */
    private static final int DENSE_ROWS = 4;

    private List<Group> groups = List.of();
    private int rows;
    private int tiles;

    /** The rows of an adapter, tile by tile. */
    record Group(int adapter, List<Tile> tiles) {}

    /**
     * @param lanes {@code [16]}, those of the adapter's rows
     * @param rows how many they are
     */
    record Tile(int tile, boolean[] lanes, int rows) {
        /** Whether all lanes are computed, the others in vain. */
        boolean isDense() {
            return rows >= DENSE_ROWS;
        }
    }

    /** Takes the rows of a step. */
    void begin(StepBatch batch) {
        int[] adapters = batch.adapters();
        fill(batch.rows(), row -> adapters[row]);
    }

    /** Takes those rows of a step that give states or logits. */
    void keepOutputs(StepBatch batch) {
        int[] adapters = batch.adapters();
        fill(batch.outputs(), row -> adapters[batch.outputRows()[row]]);
    }

    /** Takes those rows of a step that give logits. */
    void keepLogits(StepBatch batch) {
        int[] adapters = batch.adapters();
        fill(batch.logits(), row -> adapters[batch.outputRows()[batch.logitOutputs()[row]]]);
    }

    /** Those that have an adapter, by ascending adapter. */
    List<Group> groups() {
        return groups;
    }

    /** Rows of the activations, with and without an adapter. */
    int rows() {
        return rows;
    }

    /** Tiles of all groups; one with rows of several adapters counts for each. */
    int tiles() {
        return tiles;
    }

    private void fill(int newRows, IntUnaryOperator adapterOf) {
        rows = newRows;
        TreeMap<Integer, List<Tile>> byAdapter = new TreeMap<>();
        for (int start = 0; start < rows; start += RowTiles.LANES) {
            int end = Math.min(rows, start + RowTiles.LANES);
            TreeMap<Integer, boolean[]> lanes = new TreeMap<>();
            for (int row = start; row < end; row++) {
                int adapter = adapterOf.applyAsInt(row);
                if (adapter != StepBatch.NO_ADAPTER) {
                    lanes.computeIfAbsent(adapter, any -> new boolean[RowTiles.LANES])[row - start] = true;
                }
            }
            int tile = start / RowTiles.LANES;
            lanes.forEach((adapter, own) ->
                    byAdapter.computeIfAbsent(adapter, any -> new ArrayList<>()).add(new Tile(tile, own, count(own))));
        }
        groups = new ArrayList<>();
        byAdapter.forEach((adapter, own) -> groups.add(new Group(adapter, own)));
        tiles = groups.stream().mapToInt(group -> group.tiles().size()).sum();
    }

    private static int count(boolean[] lanes) {
        int count = 0;
        for (boolean lane : lanes) {
            count += lane ? 1 : 0;
        }
        return count;
    }
}
