package io.promptmill.udf.kernels;

import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;
import java.util.Arrays;

/**
 * What the scalar and the vector provider share: the walk of the matrix product over panels of weights.
 *
 * <p>A panel of {@link #PANEL_ROWS} x {@link #PANEL_COLUMNS} weights is decoded from its stored blocks into floats that
 * stay in the core's second-level cache, and multiplied with every row of the batch before the next one is decoded: the
 * cost of decoding is shared by the whole batch. Partial sums live in the output between panels.
 */
abstract class JavaKernels implements Kernels {
    /** Output features decoded at a time: a multiple of the register tile's height. */
    static final int PANEL_ROWS = 64;
    /** A small batch reads a panel only once, so few rows are decoded at a time and stay in the first-level cache. */
    static final int PANEL_ROWS_PER_TILE = 8;
    /** Input features decoded at a time: a multiple of every block size; 64 rows of them are 128 KiB of floats. */
    static final int PANEL_COLUMNS = 512;

    /** Slices a thread that are aimed at, so that threads end together. */
    private static final int SLICES_PER_THREAD = 4;
    /** Output features of the register tile: a slice is a multiple of it, and one panel at most. */
    private static final int SLICE_STEP = 8;
    /** A fraction of a second-level cache. */
    private static final int ROW_BUFFER_BYTES = 256 << 10;

    private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

    /** The decoder of this provider for a stored format. */
    abstract BlockDecoder decoder(Matrix matrix);

    /** The conversions of this provider. */
    abstract Conversions conversions();

    /**
     * {@code output[r, outputFeature + i] += sum over k in [0, columns) of input[r, inputFeature + k] * panel[i, k]} for
     * {@code rows} rows of the panel and the rows of some tiles; the fused multiply-adds continue the sum in the output.
     */
    abstract void multiplyPanel(
            float[] panel,
            int rows,
            int columns,
            RowTiles input,
            int inputTile,
            int inputFeature,
            RowTiles output,
            int outputTile,
            int outputFeature,
            int tiles);

    @Override
    public final PackedMatrix pack(Matrix matrix, WorkerPool workers) {
        return stored(matrix, workers.threads());
    }

    private StoredMatrix stored(Matrix matrix, int threads) {
        int even = matrix.rows() / (threads * SLICES_PER_THREAD);
        int slice = Math.max(SLICE_STEP, Math.min(PANEL_ROWS, even / SLICE_STEP * SLICE_STEP));
        return new StoredMatrix(matrix, decoder(matrix), slice);
    }

    @Override
    public final Kernels exact() {
        return this;
    }

    @Override
    public final ProductInput newInput(int features) {
        return new PlainInput();
    }

    /** {@inheritDoc} One fused multiply-add a term, k ascending from 0. */
    @Override
    public final void multiply(
            ProductInput activations, PackedMatrix weights, RowTiles output, int slice, int fromRow, int toRow) {
        RowTiles input = ((PlainInput) activations).tiles;
        StoredMatrix stored = (StoredMatrix) weights;
        if (input.features() != stored.columns()
                || output.features() < stored.rows()
                || output.rows() != input.rows()) {
            throw new IllegalArgumentException("product of [" + input.rows() + " x " + input.features() + "] and "
                    + stored.matrix() + " into [" + output.rows() + " x " + output.features() + "]");
        }
        int tile = fromRow / RowTiles.LANES;
        int tiles = (toRow - fromRow + RowTiles.LANES - 1) / RowTiles.LANES;
        if (tiles == 0) {
            return;
        }
        int from = slice * stored.slice();
        int to = Math.min(stored.rows(), from + stored.slice());
        Scratch buffers = scratch.get();
        int panelRows = Math.min(PANEL_ROWS, PANEL_ROWS_PER_TILE * tiles);
        for (int row = from; row < to; row += panelRows) {
            int rows = Math.min(panelRows, to - row);
            clear(output, tile, tiles, row, rows);
            stored.prepare(row, rows, buffers);
            for (int column = 0; column < stored.columns(); column += PANEL_COLUMNS) {
                int columns = Math.min(PANEL_COLUMNS, stored.columns() - column);
                stored.decodePanel(row, rows, column, columns, buffers);
                multiplyPanel(buffers.panel, rows, columns, input, tile, column, output, tile, row, tiles);
            }
        }
    }

    @Override
    public final void gather(Matrix table, int[] ids, RowTiles output, int from, int to) {
        StoredMatrix stored = stored(table, 1);
        Scratch buffers = scratch.get();
        for (int r = from; r < to; r++) {
            for (int column = 0; column < table.columns(); column += PANEL_COLUMNS) {
                int columns = Math.min(PANEL_COLUMNS, table.columns() - column);
                stored.decode(ids[r], column, columns, buffers, 0);
                output.writeRow(r, column, columns, buffers.panel, 0);
            }
        }
    }

    private static void clear(RowTiles output, int fromTile, int tiles, int feature, int features) {
        for (int tile = fromTile; tile < fromTile + tiles; tile++) {
            int start = output.index(tile * RowTiles.LANES, feature);
            Arrays.fill(output.data(), start, start + features * RowTiles.LANES, 0f);
        }
    }

    /** Weights read from the mapped file whenever they are needed. */
    private record StoredMatrix(Matrix matrix, BlockDecoder decoder, int slice) implements PackedMatrix {
        @Override
        public int rows() {
            return matrix.rows();
        }

        @Override
        public int columns() {
            return matrix.columns();
        }

        @Override
        public int slices() {
            return (matrix.rows() + slice - 1) / slice;
        }

        @Override
        public int sliceRows() {
            return slice;
        }

        /** Reads the rows of a panel in one piece where they fit: memory streams faster than in pieces of a row. */
        void prepare(int row, int rows, Scratch buffers) {
            buffers.holdsRows = rows * matrix.rowBytes() <= buffers.rows.length;
            if (buffers.holdsRows) {
                matrix.readRows(row, rows, buffers.rows);
            }
        }

        void decodePanel(int row, int rows, int column, int columns, Scratch buffers) {
            int from = (int) matrix.format().bytesOf(column);
            for (int i = 0; i < rows; i++) {
                if (buffers.holdsRows) {
                    int source = i * (int) matrix.rowBytes() + from;
                    decoder.decode(buffers.rows, source, buffers.panel, i * PANEL_COLUMNS, columns);
                } else {
                    decode(row + i, column, columns, buffers, i * PANEL_COLUMNS);
                }
            }
        }

        void decode(int row, int column, int columns, Scratch buffers, int target) {
            matrix.readBlocks(row, column, columns, buffers.blocks, 0);
            decoder.decode(buffers.blocks, 0, buffers.panel, target, columns);
        }
    }

    /** The activations as they are. */
    private static final class PlainInput implements ProductInput {
        private RowTiles tiles;

        @Override
        public int begin(RowTiles activations) {
            tiles = activations;
            return 0;
        }

        @Override
        public void convert(int piece) {
            throw new IllegalStateException("nothing to convert");
        }
    }

    /** Buffers of one thread. */
    private static final class Scratch {
        private final float[] panel = new float[PANEL_ROWS * PANEL_COLUMNS];
        /** Stored blocks of one row of the panel. */
        private final byte[] blocks = new byte[PANEL_COLUMNS * Float.BYTES];
        /** Stored rows of the whole panel over all columns, where they fit. */
        private final byte[] rows = new byte[ROW_BUFFER_BYTES];

        private boolean holdsRows;
    }
}
