package io.promptmill.udf.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.tensor.ByteStorage;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Products of fewer bits: all providers against one another to the bit, and against double precision. */
class PrecisionKernelsTest {
    private final Random random = new Random(11);

    /** Rows, outputs and inputs around the sizes of tiles, slices, panels and exact sums. */
    @ParameterizedTest
    @CsvSource({
        "1,1,32",
        "2,7,64",
        "3,128,96",
        "5,129,128",
        "8,64,256",
        "15,31,512",
        "16,128,1024",
        "17,300,1056",
        "33,65,2048",
        "47,128,2080",
        "129,130,64",
        "200,16,5632"
    })
    void eightBitProductsAgreeInAllProviders(int rows, int outputs, int inputs) {
        RowTiles input = randomTiles(rows, inputs);
        Matrix weights = randomMatrix(BlockFormat.F32, outputs, inputs);
        RowTiles scalar = product(new JavaInt8Kernels(new ScalarKernels()), input, weights);
        assertSameRows(scalar, product(new JavaInt8Kernels(new VectorKernels()), input, weights));
        try (Kernels chosen = KernelProvider.open(Precision.INT8)) {
            assertSameRows(scalar, product(chosen, input, weights));
        }
        assertNear(input, weights, scalar, 0.015);
    }

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void formatsKeepTheirValuesInBf16(BlockFormat format) {
        try (Kernels kernels = bf16()) {
            for (int inputs : inputs(format)) {
                RowTiles input = randomTiles(37, inputs);
                Matrix weights = randomMatrix(format, 150, inputs);
                assertNear(input, weights, product(kernels, input, weights), 0.004);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void formatsKeepTheirValuesInEightBits(BlockFormat format) {
        for (int inputs : inputs(format)) {
            RowTiles input = randomTiles(37, inputs);
            Matrix weights = randomMatrix(format, 150, inputs);
            RowTiles scalar = product(new JavaInt8Kernels(new ScalarKernels()), input, weights);
            assertSameRows(scalar, product(new JavaInt8Kernels(new VectorKernels()), input, weights));
            try (Kernels chosen = KernelProvider.open(Precision.INT8)) {
                assertSameRows(scalar, product(chosen, input, weights));
            }
            assertNear(input, weights, scalar, 0.02);
        }
    }

    /** Lengths of rows: of one block, where that is more than a value, and of several. */
    private static int[] inputs(BlockFormat format) {
        return format.blockSize() == 1 ? new int[] {512} : new int[] {format.blockSize(), 512};
    }

    @ParameterizedTest
    @EnumSource(
            value = BlockFormat.class,
            names = {"Q8_0", "Q4_0", "F32"})
    void aRowDoesNotDependOnItsBatchInBf16(BlockFormat format) {
        try (Kernels kernels = bf16();
                WorkerPool workers = new WorkerPool(2, "pack")) {
            int inputs = 1056;
            RowTiles input = randomTiles(150, inputs);
            PackedMatrix weights = kernels.pack(randomMatrix(format, 140, inputs), workers);
            RowTiles together = new RowTiles(150, 140);
            Products.multiply(kernels, input, weights, together);
            float[] row = new float[inputs];
            for (int rows : new int[] {1, 2, 3, 5, 9, 16, 31, 40, 64, 100}) {
                RowTiles part = new RowTiles(rows, inputs);
                int first = 150 - rows;
                for (int r = 0; r < rows; r++) {
                    input.readRow(first + r, 0, inputs, row, 0);
                    part.writeRow(r, 0, inputs, row, 0);
                }
                RowTiles output = new RowTiles(rows, 140);
                Products.multiply(kernels, part, weights, output);
                for (int r = 0; r < rows; r++) {
                    assertArrayEquals(row(together, first + r), row(output, r));
                }
            }
        }
    }

    @Test
    void activationsThatAreNoNumbersStayVisible() {
        RowTiles input = randomTiles(3, 64);
        input.data()[input.index(1, 5)] = Float.NaN;
        input.data()[input.index(2, 7)] = Float.POSITIVE_INFINITY;
        Matrix weights = randomMatrix(BlockFormat.F32, 8, 64);
        for (Kernels kernels : new Kernels[] {
            new JavaInt8Kernels(new ScalarKernels()),
            new JavaInt8Kernels(new VectorKernels()),
            KernelProvider.open(Precision.INT8)
        }) {
            RowTiles output = product(kernels, input, weights);
            for (int n = 0; n < 8; n++) {
                assertTrue(Float.isFinite(output.data()[output.index(0, n)]));
                assertTrue(Float.isNaN(output.data()[output.index(1, n)]));
                assertTrue(!Float.isFinite(output.data()[output.index(2, n)]));
            }
            kernels.close();
        }
    }

    @Test
    void conversionsAgree() {
        Conversions scalar = new ScalarConversions();
        Conversions vector = new VectorConversions();
        for (int features : new int[] {1, 2, 3, 4, 5, 16, 31, 64, 67}) {
            RowTiles input = randomTiles(20, features);
            input.data()[input.index(3, 0)] = 0f;
            for (int tile = 0; tile < 2; tile++) {
                int[] expected = new int[(features + 3) / 4 * 16];
                int[] actual = expected.clone();
                float[] expectedScales = new float[16];
                float[] actualScales = new float[16];
                scalar.quantizeTile(input, tile, expected, expectedScales, 0);
                vector.quantizeTile(input, tile, actual, actualScales, 0);
                assertArrayEquals(expected, actual);
                assertArrayEquals(expectedScales, actualScales);

                int[] expectedHalves = new int[(features + 1) / 2 * 16];
                int[] actualHalves = expectedHalves.clone();
                scalar.roundTile(input, tile, expectedHalves);
                vector.roundTile(input, tile, actualHalves);
                assertArrayEquals(expectedHalves, actualHalves);
            }
            byte[] expected = new byte[features + 3];
            byte[] actual = new byte[features + 3];
            assertEquals(
                    scalar.quantizeRow(input.data(), 2, features, expected, 1),
                    vector.quantizeRow(input.data(), 2, features, actual, 1));
            assertArrayEquals(expected, actual);
            float[] sums = new float[16 * 70];
            for (int i = 0; i < sums.length; i++) {
                sums[i] = random.nextFloat();
            }
            RowTiles expectedRows = new RowTiles(16, 80);
            RowTiles actualRows = new RowTiles(16, 80);
            scalar.storeTile(sums, 3, 69, sums, 40, expectedRows, 0, 5, features);
            vector.storeTile(sums, 3, 69, sums, 40, actualRows, 0, 5, features);
            assertArrayEquals(expectedRows.data(), actualRows.data());
        }
    }

    /** Rounding to nearest, ties to even, with the carry into the exponent; NaN stays NaN. */
    @Test
    void bf16RoundsToNearestEven() {
        assertEquals(0x3F80, ScalarConversions.bf16(1f));
        assertEquals(0x3F80, ScalarConversions.bf16(Float.intBitsToFloat(0x3F808000)));
        assertEquals(0x3F82, ScalarConversions.bf16(Float.intBitsToFloat(0x3F818000)));
        assertEquals(0x4000, ScalarConversions.bf16(Float.intBitsToFloat(0x3FFFFFFF)));
        assertEquals(0x7F80, ScalarConversions.bf16(Float.MAX_VALUE));
        assertTrue(Float.isNaN(Float.intBitsToFloat(ScalarConversions.bf16(Float.intBitsToFloat(0x7F800001)) << 16)));
        assertNotEquals(0, ScalarConversions.bf16(-0f));
    }

    private static Kernels bf16() {
        PrecisionSupport.assumeBf16();
        return KernelProvider.open(Precision.BF16);
    }

    private static RowTiles product(Kernels kernels, RowTiles input, Matrix weights) {
        RowTiles output = new RowTiles(input.rows(), weights.rows());
        Products.multiply(kernels, input, weights, output, 2);
        return output;
    }

    /** Normalised mean squared error below the square of {@code error}. */
    private static void assertNear(RowTiles input, Matrix weights, RowTiles actual, double error) {
        float[] values = new float[weights.columns()];
        byte[] stored = new byte[(int) weights.rowBytes()];
        double difference = 0;
        double magnitude = 0;
        for (int n = 0; n < weights.rows(); n++) {
            weights.readRows(n, 1, stored);
            ScalarBlockDecoders.of(weights.format()).decode(stored, 0, values, 0, values.length);
            for (int r = 0; r < input.rows(); r++) {
                double sum = 0;
                for (int k = 0; k < values.length; k++) {
                    sum += (double) values[k] * input.data()[input.index(r, k)];
                }
                double delta = sum - actual.data()[actual.index(r, n)];
                difference += delta * delta;
                magnitude += sum * sum;
            }
        }
        assertTrue(Math.sqrt(difference / magnitude) < error, "error " + Math.sqrt(difference / magnitude));
    }

    private static void assertSameRows(RowTiles expected, RowTiles actual) {
        for (int r = 0; r < expected.rows(); r++) {
            assertArrayEquals(row(expected, r), row(actual, r), "row " + r);
        }
    }

    private static float[] row(RowTiles tiles, int row) {
        float[] values = new float[tiles.features()];
        tiles.readRow(row, 0, values.length, values, 0);
        return values;
    }

    private RowTiles randomTiles(int rows, int features) {
        RowTiles tiles = new RowTiles(rows, features);
        for (int i = 0; i < tiles.data().length; i++) {
            tiles.data()[i] = (float) random.nextGaussian();
        }
        return tiles;
    }

    private Matrix randomMatrix(BlockFormat format, int rows, int columns) {
        ByteBuffer bytes =
                ByteBuffer.allocate((int) (rows * format.bytesOf(columns))).order(ByteOrder.LITTLE_ENDIAN);
        if (format == BlockFormat.F32) {
            while (bytes.hasRemaining()) {
                bytes.putFloat((float) random.nextGaussian());
            }
        } else if (format == BlockFormat.BF16) {
            while (bytes.hasRemaining()) {
                bytes.putShort((short) ScalarConversions.bf16((float) random.nextGaussian()));
            }
        } else {
            random.nextBytes(bytes.array());
            tameScales(bytes, format);
        }
        byte[] content = bytes.array();
        return new Matrix("random", format, rows, columns, new Content(content), 0);
    }

    /** Random bytes make scales of any size, infinities among them: these are between 0.5 and 1, or 1 and 2. */
    private static void tameScales(ByteBuffer bytes, BlockFormat format) {
        for (int block = 0; block < bytes.capacity(); block += format.blockBytes()) {
            switch (format) {
                case Q4_1, Q5_1, Q4_K, Q5_K -> {
                    tame(bytes, block);
                    tame(bytes, block + 2);
                }
                case Q2_K -> {
                    tame(bytes, block + 80);
                    tame(bytes, block + 82);
                }
                case Q3_K -> tame(bytes, block + 108);
                case Q6_K -> tame(bytes, block + 208);
                case TQ1_0 -> tame(bytes, block + 52);
                case TQ2_0 -> tame(bytes, block + 64);
                case MXFP4 -> bytes.put(block, (byte) (bytes.get(block) & 1 | 126));
                case NVFP4 -> {
                    for (int run = 0; run < 4; run++) {
                        bytes.put(block + run, (byte) (bytes.get(block + run) & 7 | 7 << 3));
                    }
                }
                case IQ1_M -> {
                    // The half lies in the upper four bits of four shorts.
                    bytes.put(block + 55, (byte) (bytes.get(block + 55) & 0xF | 0x30));
                    bytes.put(block + 53, (byte) (bytes.get(block + 53) & 0x3F | 0x80));
                }
                default -> tame(bytes, block);
            }
        }
    }

    private static void tame(ByteBuffer bytes, int at) {
        bytes.putShort(at, (short) (bytes.getShort(at) & 0x3FF | 0x3800));
    }

    private record Content(byte[] bytes) implements ByteStorage {
        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public void read(long offset, byte[] target, int targetOffset, int length) {
            System.arraycopy(bytes, (int) offset, target, targetOffset, length);
        }
    }
}
