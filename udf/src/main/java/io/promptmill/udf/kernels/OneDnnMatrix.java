package io.promptmill.udf.kernels;

import org.bytedeco.dnnl.dnnl_memory;

/** Weights in the library's own layout, in slices of output features. Immutable once all slices are set. */
final class OneDnnMatrix implements PackedMatrix {
    private final int rows;
    private final int columns;
    private final int sliceRows;
    private final Slice[] slices;

    /**
     * Weights of some output features.
     *
     * @param scales null where the form has none
     */
    record Slice(OneDnnShape shape, dnnl_memory weights, dnnl_memory scales) {}

    private OneDnnMatrix(int rows, int columns, int sliceRows, Slice[] slices) {
        this.rows = rows;
        this.columns = columns;
        this.sliceRows = sliceRows;
        this.slices = slices;
    }

    static OneDnnMatrix empty(int rows, int columns, int sliceRows) {
        return new OneDnnMatrix(rows, columns, sliceRows, new Slice[(rows + sliceRows - 1) / sliceRows]);
    }

    /** Called once for each slice, by any thread. */
    void set(int index, Slice slice) {
        slices[index] = slice;
    }

    Slice slice(int index) {
        return slices[index];
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }

    @Override
    public int slices() {
        return slices.length;
    }

    @Override
    public int sliceRows() {
        return sliceRows;
    }
}
