package io.promptmill.udf.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.tensor.ByteStorage;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The vector kernels against their scalar twins, to the bit, and the scalar ones against double precision. */
class KernelsTwinTest {
    private final Kernels scalar = new ScalarKernels();
    private final Kernels vector = new VectorKernels();
    private final Random random = new Random(7);

    @ParameterizedTest
    @CsvSource({"1,1,1", "3,7,13", "16,8,64", "17,9,513", "31,65,100", "32,64,512", "33,12,1025", "50,130,32"})
    void productsAgree(int rows, int outputs, int inputs) {
        RowTiles input = randomTiles(rows, inputs);
        Matrix weights = randomMatrix(BlockFormat.F32, outputs, inputs);
        RowTiles expected = new RowTiles(rows, outputs);
        RowTiles actual = new RowTiles(rows, outputs);
        Products.multiply(scalar, input, weights, expected, 1);
        Products.multiply(vector, input, weights, actual, 3);
        assertSameRows(expected, actual);

        float[] row = new float[inputs];
        byte[] bytes = new byte[inputs * 4];
        for (int n = 0; n < outputs; n++) {
            weights.readBlocks(n, 0, inputs, bytes, 0);
            new ByteDecoder(bytes).into(row);
            for (int r = 0; r < rows; r++) {
                double sum = 0;
                double magnitude = 0;
                for (int k = 0; k < inputs; k++) {
                    double term = (double) input.data()[input.index(r, k)] * row[k];
                    sum += term;
                    magnitude += Math.abs(term);
                }
                assertEquals(sum, expected.data()[expected.index(r, n)], 1e-6 * magnitude + 1e-12);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void decodersAgree(BlockFormat format) {
        int values = 4 * 256;
        byte[] blocks = new byte[3 + (int) format.bytesOf(values)];
        for (int trial = 0; trial < 50; trial++) {
            random.nextBytes(blocks);
            float[] expected = new float[values + 5];
            float[] actual = new float[values + 5];
            ScalarBlockDecoders.of(format).decode(blocks, 3, expected, 5, values);
            VectorBlockDecoders.of(format).decode(blocks, 3, actual, 5, values);
            assertSameFloats(expected, actual, values + 5);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = BlockFormat.class,
            names = {"F16", "BF16"})
    void everySixteenBitFloatDecodesAlike(BlockFormat format) {
        int values = (1 << 16) + 3;
        byte[] bytes = new byte[2 * values];
        for (int i = 0; i < values; i++) {
            bytes[2 * i] = (byte) i;
            bytes[2 * i + 1] = (byte) (i >> 8);
        }
        float[] expected = new float[values];
        float[] actual = new float[values];
        ScalarBlockDecoders.of(format).decode(bytes, 0, expected, 0, values);
        VectorBlockDecoders.of(format).decode(bytes, 0, actual, 0, values);
        assertSameFloats(expected, actual, values);
    }

    @ParameterizedTest
    @EnumSource(
            value = BlockFormat.class,
            names = {"Q8_0", "Q4_0", "Q4_K", "Q6_K", "F16", "Q2_K", "IQ4_NL", "IQ3_S", "MXFP4", "Q1_0"})
    void gatherIsTheDecodedRow(BlockFormat format) {
        Matrix table = randomMatrix(format, 9, 768);
        int[] ids = {8, 0, 3, 3, 5, 1, 2, 7, 8, 8, 0, 4, 6, 2, 1, 0, 5};
        RowTiles output = new RowTiles(ids.length, 768);
        vector.gather(table, ids, output, 0, ids.length);
        float[] expected = new float[768];
        float[] actual = new float[768];
        for (int r = 0; r < ids.length; r++) {
            byte[] bytes = new byte[(int) table.rowBytes()];
            table.readBlocks(ids[r], 0, 768, bytes, 0);
            ScalarBlockDecoders.of(format).decode(bytes, 0, expected, 0, 768);
            output.readRow(r, 0, 768, actual, 0);
            assertSameFloats(expected, actual, 768);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 7, 64, 101})
    void normsAgree(int features) {
        RowTiles input = randomTiles(16, features + 3);
        float[] weight = randomFloats(features + 2);
        float[] bias = randomFloats(features + 2);
        int from = input.index(0, 3);
        float[] expected = new float[16 * features];
        float[] actual = new float[16 * features];
        scalar.norms().rms(input.data(), from, features, weight, 2, 1e-5f, expected, 0);
        vector.norms().rms(input.data(), from, features, weight, 2, 1e-5f, actual, 0);
        assertArrayEquals(expected, actual);
        double squares = 0;
        double sum = 0;
        for (int f = 0; f < features; f++) {
            sum += input.data()[input.index(13, 3 + f)];
            squares += Math.pow(input.data()[input.index(13, 3 + f)], 2);
        }
        double x = input.data()[input.index(13, 3)];
        double rms = x / Math.sqrt(squares / features + 1e-5) * weight[2];
        assertEquals(rms, actual[13], 1e-5 * Math.abs(rms) + 1e-9);

        for (float[] added : new float[][] {bias, null}) {
            scalar.norms().layer(input.data(), from, features, weight, added, 2, 1e-5f, expected, 0);
            vector.norms().layer(input.data(), from, features, weight, added, 2, 1e-5f, actual, 0);
            assertArrayEquals(expected, actual);
            double mean = sum / features;
            double variance = Math.max(0, squares / features - mean * mean);
            double layer = (x - mean) / Math.sqrt(variance + 1e-5) * weight[2] + (added == null ? 0 : bias[2]);
            assertEquals(layer, actual[13], 1e-3);
        }
    }

    @Test
    void aNormThatOverflowsIsNotANumber() {
        RowTiles input = randomTiles(16, 5);
        input.data()[input.index(3, 4)] = 3e38f;
        for (Kernels kernels : new Kernels[] {scalar, vector}) {
            RowTiles output = new RowTiles(16, 5);
            float[] ones = {1, 1, 1, 1, 1};
            kernels.norms().rms(input.data(), 0, 5, ones, 0, 1e-5f, output.data(), 0);
            assertTrue(Float.isNaN(output.data()[output.index(3, 0)]));
            assertFalse(Float.isNaN(output.data()[output.index(2, 0)]));
            kernels.norms().layer(input.data(), 0, 5, ones, null, 0, 1e-5f, output.data(), 0);
            assertTrue(Float.isNaN(output.data()[output.index(3, 0)]));
            assertFalse(Float.isNaN(output.data()[output.index(2, 0)]));
        }
    }

    @Test
    void anEmptyBatchIsNoWork() {
        RowTiles none = new RowTiles(16, 64).resize(0);
        Matrix weights = randomMatrix(BlockFormat.F32, 64, 64);
        for (Kernels kernels : new Kernels[] {scalar, vector}) {
            RowTiles output = new RowTiles(16, 64).resize(0);
            assertTimeoutPreemptively(
                    Duration.ofSeconds(10), () -> Products.multiply(kernels, none, weights, output, 1));
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "16,2", "17,1003", "40,64"})
    void largestAgreeAndAreTheFirstOfEquals(int rows, int features) {
        RowTiles values = randomTiles(rows, features);
        float[] odd = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
        for (int row = 0; row < rows; row++) {
            if (row % 7 == 0) {
                values.data()[values.index(row, features / 2)] = odd[row / 7 % 3];
            } else if (row % 3 == 0) {
                values.data()[values.index(row, features - 1)] = 1e9f;
                values.data()[values.index(row, features / 3)] = 1e9f;
            }
        }
        for (int tile = 0; tile < values.tiles(); tile++) {
            int[] expected = new int[20];
            int[] actual = new int[20];
            scalar.largest(values, tile, expected, 3);
            vector.largest(values, tile, actual, 3);
            for (int row = tile * RowTiles.LANES; row < Math.min(rows, (tile + 1) * RowTiles.LANES); row++) {
                int found = expected[3 + row % RowTiles.LANES];
                assertEquals(found, actual[3 + row % RowTiles.LANES], "row " + row);
                if (row % 7 == 0) {
                    assertEquals(-1, found);
                } else if (row % 3 == 0) {
                    assertEquals(features / 3, found);
                } else {
                    float[] contiguous = new float[features];
                    values.readRow(row, 0, features, contiguous, 0);
                    assertTrue(IntStream.range(0, features).allMatch(f -> contiguous[f] <= contiguous[found]));
                }
            }
        }
    }

    @Test
    void elementwiseKernelsAgreeAndFollowTheFormula() {
        float[] x = randomFloats(1003);
        float[] y = randomFloats(1003);
        x[0] = -200;
        x[1] = 200;
        x[2] = 0;
        x[3] = -87.4f;
        float[] expected = x.clone();
        float[] actual = x.clone();
        scalar.elements().siluMultiply(expected, y, 3, 1001);
        vector.elements().siluMultiply(actual, y, 3, 1001);
        assertArrayEquals(expected, actual);
        for (int i = 3; i < 1001; i++) {
            double silu = x[i] / (1 + Math.exp(-(double) x[i])) * y[i];
            assertEquals(silu, actual[i], 4e-7 * Math.abs(silu) + 1e-30);
        }
        scalar.elements().add(expected, y, 5, 1002);
        vector.elements().add(actual, y, 5, 1002);
        assertArrayEquals(expected, actual);
    }

    @Test
    void activationsAgreeAndFollowTheFormula() {
        assertElements((k, x, y) -> k.gelu(x, 3, 1001), (x, y) -> gelu(x), 1e-5);
        assertElements((k, x, y) -> k.geluMultiply(x, y, 3, 1001), (x, y) -> gelu(x) * y, 1e-5);
        assertElements((k, x, y) -> k.scale(x, -1.7f, 3, 1001), (x, y) -> x * (double) -1.7f, 1e-6);
        assertElements((k, x, y) -> k.clamp(x, 0.9f, 3, 1001), (x, y) -> Math.max(-0.9f, Math.min(0.9f, x)), 0);
        assertElements((k, x, y) -> k.softCap(x, 30f, 3, 1001), (x, y) -> 30 * Math.tanh(x / 30), 4e-7);
        assertElements(
                (k, x, y) -> k.limitedSiluMultiply(x, y, 1.702f, 2f, 3, 1001),
                (x, y) -> {
                    double gate = Math.min(x, 2);
                    return gate / (1 + Math.exp(-1.702 * gate)) * (Math.max(-2, Math.min(2, y)) + 1);
                },
                1e-5);
    }

    private interface Kernel {
        void apply(ElementKernels kernels, float[] x, float[] y);
    }

    private void assertElements(Kernel kernel, DoubleBinaryOperator formula, double tolerance) {
        float[] x = randomFloats(1003);
        float[] y = randomFloats(1003);
        for (int i = 0; i < 500; i++) {
            x[i] *= i;
        }
        x[3] = 0;
        x[4] = -0f;
        x[5] = 1e4f;
        x[6] = -1e4f;
        float[] expected = x.clone();
        float[] actual = x.clone();
        kernel.apply(scalar.elements(), expected, y);
        kernel.apply(vector.elements(), actual, y);
        assertArrayEquals(expected, actual);
        for (int i = 0; i < x.length; i++) {
            double value = i < 3 || i >= 1001 ? x[i] : formula.applyAsDouble(x[i], y[i]);
            assertEquals(value, actual[i], tolerance * Math.abs(value) + 1e-30, "of " + x[i]);
        }
    }

    private static double gelu(double x) {
        return x / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    }

    @Test
    void biasesAgree() {
        float[] bias = randomFloats(9);
        float[] expected = randomFloats(5 + 6 * 16);
        float[] actual = expected.clone();
        float before = expected[5 + 2 * 16 + 7];
        scalar.elements().addBias(expected, 5, bias, 3, 9);
        vector.elements().addBias(actual, 5, bias, 3, 9);
        assertArrayEquals(expected, actual);
        assertEquals(before + bias[5], actual[5 + 2 * 16 + 7]);
    }

    @ParameterizedTest
    @CsvSource({"48,16,32", "100,32,33", "50,0,50", "50,48,50"})
    void aProductOfSomeRowsIsThatOfAll(int rows, int from, int to) {
        RowTiles input = randomTiles(rows, 70);
        Matrix weights = randomMatrix(BlockFormat.F32, 37, 70);
        for (Kernels kernels : new Kernels[] {scalar, vector, new JavaInt8Kernels(new VectorKernels())}) {
            RowTiles whole = new RowTiles(rows, 37);
            RowTiles part = new RowTiles(rows, 37);
            try (WorkerPool workers = new WorkerPool(1, "pack")) {
                PackedMatrix packed = kernels.pack(weights, workers);
                Products.multiply(kernels, input, packed, whole);
                ProductInput converted = kernels.newInput(70);
                IntStream.range(0, converted.begin(input)).forEach(converted::convert);
                for (int slice = 0; slice < packed.slices(); slice++) {
                    kernels.multiply(converted, packed, part, slice, from, to);
                }
            }
            for (int row = from; row < to; row++) {
                for (int n = 0; n < 37; n++) {
                    assertEquals(whole.data()[whole.index(row, n)], part.data()[part.index(row, n)], kernels.name());
                }
            }
            for (int row = 0; row < from; row++) {
                assertEquals(0f, part.data()[part.index(row, 0)]);
            }
        }
    }

    @Test
    void exponentialIsAccurateToTwoUnitsInTheLastPlace() {
        for (float x = -87.3f; x < 88.3f; x += 0.00371f) {
            double exact = Math.exp(x);
            assertEquals(exact, Exponential.exp(x), 2 * Math.ulp((float) exact));
        }
        assertEquals(0f, Exponential.exp(Float.NEGATIVE_INFINITY));
        assertTrue(Float.isNaN(Exponential.exp(Float.NaN)));
    }

    @ParameterizedTest
    @CsvSource({"8,0,2,1,4", "8,0,1,4,4", "12,0,2,1,3", "6,0,1,2,2", "14,6,2,1,4", "9,1,1,4,4"})
    void rotationsAgree(int headSize, int first, int step, int gap, int pairs) {
        int rows = 21;
        RowTiles cosines = randomTiles(rows, pairs);
        RowTiles sines = randomTiles(rows, pairs);
        RowTiles values = randomTiles(rows, 3 * headSize);
        RowTiles expected = copy(values);
        RowTiles actual = copy(values);
        scalar.rotate(expected, headSize, first, step, gap, cosines, sines, 0, 2);
        vector.rotate(actual, headSize, first, step, gap, cosines, sines, 0, 2);
        assertSameRows(expected, actual);
        int pair = pairs - 1;
        double x0 = values.data()[values.index(20, headSize + first + pair * step)];
        double x1 = values.data()[values.index(20, headSize + first + pair * step + gap)];
        double cosine = cosines.data()[cosines.index(20, pair)];
        double sine = sines.data()[sines.index(20, pair)];
        assertEquals(x0 * cosine - x1 * sine, actual.data()[actual.index(20, headSize + first + pair * step)], 1e-5);
        assertEquals(
                x0 * sine + x1 * cosine, actual.data()[actual.index(20, headSize + first + pair * step + gap)], 1e-5);
    }

    @Test
    void withoutTheVectorModuleScalarKernelsServe() {
        assertEquals("scalar", KernelProvider.choose(ModuleLayer.empty()).name());
        assertTrue(KernelProvider.get().name().startsWith("vector-"));
    }

    private RowTiles randomTiles(int rows, int features) {
        RowTiles tiles = new RowTiles(rows, features);
        for (int i = 0; i < tiles.data().length; i++) {
            tiles.data()[i] = (float) random.nextGaussian();
        }
        return tiles;
    }

    private static RowTiles copy(RowTiles tiles) {
        RowTiles result = new RowTiles(tiles.rows(), tiles.features());
        System.arraycopy(tiles.data(), 0, result.data(), 0, tiles.data().length);
        return result;
    }

    private float[] randomFloats(int count) {
        float[] result = new float[count];
        for (int i = 0; i < count; i++) {
            result[i] = (float) random.nextGaussian() * 3;
        }
        return result;
    }

    private Matrix randomMatrix(BlockFormat format, int rows, int columns) {
        byte[] bytes = new byte[(int) (rows * format.bytesOf(columns))];
        random.nextBytes(bytes);
        if (format == BlockFormat.F32) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            while (buffer.hasRemaining()) {
                buffer.putFloat((float) random.nextGaussian());
            }
        }
        return new Matrix("random", format, rows, columns, new HeapBytes(bytes), 0);
    }

    private static void assertSameRows(RowTiles expected, RowTiles actual) {
        float[] e = new float[expected.features()];
        float[] a = new float[expected.features()];
        for (int row = 0; row < expected.rows(); row++) {
            expected.readRow(row, 0, e.length, e, 0);
            actual.readRow(row, 0, a.length, a, 0);
            assertSameFloats(e, a, e.length);
        }
    }

    private static void assertSameFloats(float[] expected, float[] actual, int count) {
        for (int i = 0; i < count; i++) {
            int index = i;
            assertEquals(
                    Float.floatToIntBits(expected[i]),
                    Float.floatToIntBits(actual[i]),
                    () -> "at " + index + ": " + expected[index] + " and " + actual[index]);
        }
    }

    private record HeapBytes(byte[] bytes) implements ByteStorage {
        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public void read(long offset, byte[] target, int targetOffset, int length) {
            System.arraycopy(bytes, (int) offset, target, targetOffset, length);
        }
    }

    private record ByteDecoder(byte[] bytes) {
        void into(float[] target) {
            ByteBuffer.wrap(bytes)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .get(target);
        }
    }
}
