package io.promptmill.udf.kernels;

import static io.promptmill.udf.kernels.JavaKernels.PANEL_COLUMNS;
import static io.promptmill.udf.tensor.RowTiles.LANES;

import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;
import java.util.Arrays;

/**
 * Matrix products of eight-bit numbers in Java, with the bits of {@link OneDnnKernels}: a job gives the same output on
 * machines with and without the native library. The numbers are multiplied as floats, which hold a sum of
 * {@value #EXACT_TERMS} products of two eight-bit numbers exactly; longer sums go on in integers.
 */
final class JavaInt8Kernels extends DelegatingKernels {
    /** 127 * 127 * 1024 is below 2^24, up to which floats hold every integer. */
    private static final int EXACT_TERMS = 1024;

    /** Output features of a slice: one panel. */
    private static final int SLICE_ROWS = JavaKernels.PANEL_ROWS;

    private final Conversions conversions;
    private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

    JavaInt8Kernels(JavaKernels java) {
        super(java);
        conversions = java.conversions();
    }

    @Override
    public String name() {
        return "int8+" + java().name();
    }

    /**
     * Weights of eight bits in slices of output features.
     *
     * @param numbers of each slice, {@code [outputs x inputs]}
     * @param scales {@code [outputs]}
     */
    private record Int8Matrix(int rows, int columns, byte[][] numbers, float[] scales) implements PackedMatrix {
        @Override
        public int slices() {
            return numbers.length;
        }

        @Override
        public int sliceRows() {
            return SLICE_ROWS;
        }
    }

    @Override
    public PackedMatrix pack(Matrix matrix, WorkerPool workers) {
        int slices = (matrix.rows() + SLICE_ROWS - 1) / SLICE_ROWS;
        Int8Matrix packed =
                new Int8Matrix(matrix.rows(), matrix.columns(), new byte[slices][], new float[matrix.rows()]);
        workers.run(slices, slice -> {
            int from = slice * SLICE_ROWS;
            int end = Math.min(matrix.rows(), from + SLICE_ROWS);
            byte[] numbers = new byte[(end - from) * matrix.columns()];
            StoredRows rows = new StoredRows(matrix, java().decoder(matrix));
            for (int row = from; row < end; row++) {
                float[] values = rows.decode(row, end);
                packed.scales()[row] =
                        conversions.quantizeRow(values, 0, matrix.columns(), numbers, (row - from) * matrix.columns());
            }
            packed.numbers()[slice] = numbers;
        });
        return packed;
    }

    @Override
    public ProductInput newInput(int features) {
        return new Int8Input(features);
    }

    @Override
    public void multiply(
            ProductInput activations, PackedMatrix weights, RowTiles output, int slice, int fromRow, int toRow) {
        Int8Input input = (Int8Input) activations;
        Int8Matrix packed = (Int8Matrix) weights;
        int rows = input.numbers.rows();
        if (input.numbers.features() != packed.columns()
                || output.features() < packed.rows()
                || output.rows() != rows) {
            throw new IllegalArgumentException("product of [" + rows + " x " + input.numbers.features() + "] and ["
                    + packed.rows() + " x " + packed.columns() + "] into [" + output.rows() + " x "
                    + output.features() + "]");
        }
        if (fromRow == toRow) {
            return;
        }
        int from = slice * SLICE_ROWS;
        int outputs = Math.min(SLICE_ROWS, packed.rows() - from);
        int firstTile = fromRow / LANES;
        Scratch buffers = scratch.get().fit(toRow - fromRow, outputs);
        RowTiles sums = buffers.sums;
        int values = sums.tiles() * outputs * LANES;
        for (int column = 0; column < packed.columns(); column += EXACT_TERMS) {
            Arrays.fill(sums.data(), 0, values, 0f);
            int end = Math.min(packed.columns(), column + EXACT_TERMS);
            for (int k = column; k < end; k += PANEL_COLUMNS) {
                int columns = Math.min(PANEL_COLUMNS, end - k);
                for (int i = 0; i < outputs; i++) {
                    conversions.widen(
                            packed.numbers()[slice],
                            i * packed.columns() + k,
                            buffers.panel,
                            i * PANEL_COLUMNS,
                            columns);
                }
                java().multiplyPanel(
                                buffers.panel, outputs, columns, input.numbers, firstTile, k, sums, 0, 0, sums.tiles());
            }
            conversions.addIntegers(sums.data(), buffers.totals, values, column == 0);
        }
        for (int tile = 0; tile < sums.tiles(); tile++) {
            conversions.storeTotals(
                    buffers.totals,
                    sums.index(tile * LANES, 0),
                    packed.scales(),
                    from,
                    input.scales,
                    fromRow + tile * LANES,
                    output.data(),
                    output.index(fromRow + tile * LANES, from),
                    outputs);
        }
    }

    /** Activations as eight-bit numbers, held as floats in tiles, and the scales of the rows. */
    private final class Int8Input implements ProductInput {
        private final ThreadLocal<int[]> words;
        private final int features;
        private RowTiles activations;
        private RowTiles numbers;
        private float[] scales = new float[0];

        Int8Input(int features) {
            this.features = features;
            words = ThreadLocal.withInitial(() -> new int[(features + 3) / 4 * LANES]);
        }

        @Override
        public int begin(RowTiles input) {
            activations = input;
            int capacity = Math.max(LANES, input.data().length / features);
            if (scales.length < capacity) {
                scales = new float[capacity];
                numbers = new RowTiles(capacity, features);
            }
            numbers.resize(input.rows());
            return input.tiles();
        }

        @Override
        public void convert(int tile) {
            int[] packed = words.get();
            conversions.quantizeTile(activations, tile, packed, scales, tile * LANES);
            int target = numbers.index(tile * LANES, 0);
            for (int f = 0; f < features; f++) {
                for (int lane = 0; lane < LANES; lane++) {
                    numbers.data()[target + f * LANES + lane] = (byte) (packed[(f >> 2) * LANES + lane] >> 8 * (f & 3));
                }
            }
        }
    }

    /** Buffers of one thread. */
    private static final class Scratch {
        private final float[] panel = new float[SLICE_ROWS * PANEL_COLUMNS];
        private RowTiles sums = new RowTiles(0, 1);
        private int[] totals = new int[0];

        Scratch fit(int rows, int outputs) {
            if (sums.features() != outputs || sums.data().length < (rows + LANES - 1) / LANES * LANES * outputs) {
                sums = new RowTiles(rows, outputs);
                totals = new int[sums.data().length];
            }
            sums.resize(rows);
            return this;
        }
    }
}
