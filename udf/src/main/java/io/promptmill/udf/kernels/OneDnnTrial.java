package io.promptmill.udf.kernels;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.tensor.ByteStorage;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/**
 * A small product with the largest numbers, computed before oneDNN is relied on: instructions of older processors
 * saturate between products of eight bits, and a wrong sum must not pass for a result.
 */
final class OneDnnTrial {
    private static final int ROWS = 16;
    private static final int OUTPUTS = 64;
    private static final int INPUTS = 512;
    /** bfloat16 keeps eight bits of a number; a sum of many is better than that, but not for sure. */
    private static final double BF16_TOLERANCE = 1.0 / 128;

    private OneDnnTrial() {}

    /**
     * Multiplies by oneDNN and by Java.
     *
     * @throws UnsupportedOperationException where oneDNN has no fast product of this precision on this processor, or the
     *     results differ by more than the precision allows
     */
    static void run(OneDnn library, Precision precision, JavaKernels java) {
        Random random = new Random(1);
        RowTiles input = new RowTiles(ROWS, INPUTS);
        for (int i = 0; i < input.data().length; i++) {
            input.data()[i] = random.nextInt(8) == 0 ? random.nextInt(255) - 127 : 127;
        }
        Matrix weights = new Matrix("trial", BlockFormat.F32, OUTPUTS, INPUTS, new Numbers(weights(random)), 0);
        RowTiles actual = new RowTiles(ROWS, OUTPUTS);
        RowTiles expected = new RowTiles(ROWS, OUTPUTS);
        try (WorkerPool workers = new WorkerPool(1, "trial");
                Kernels kernels = new OneDnnKernels(library, precision, java)) {
            multiply(kernels, workers, weights, input, actual);
            multiply(java, workers, weights, input, expected);
        } catch (ConfigException e) {
            // Said of a model, whose precision the user chose; here it is only found out what there is.
            throw e.getCause() instanceof UnsupportedOperationException unsupported ? unsupported : e;
        }
        double largest = 127.0 * 127 * INPUTS;
        for (int i = 0; i < actual.data().length; i++) {
            double tolerance = precision == Precision.INT8 ? 0.5 : BF16_TOLERANCE * largest;
            if (!(Math.abs(actual.data()[i] - expected.data()[i]) <= tolerance)) {
                throw new UnsupportedOperationException("oneDNN computed " + actual.data()[i] + " for a sum that is "
                        + expected.data()[i] + " on this processor");
            }
        }
    }

    /** Whole numbers, the largest one in every row, so that rounding to eight bits changes nothing. */
    private static byte[] weights(Random random) {
        ByteBuffer bytes = ByteBuffer.allocate(OUTPUTS * INPUTS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < OUTPUTS * INPUTS; i++) {
            int sign = i / INPUTS % 2 == 0 ? 1 : -1;
            bytes.putFloat(sign * (random.nextInt(8) == 0 ? random.nextInt(255) - 127 : 127));
        }
        return bytes.array();
    }

    private static void multiply(Kernels kernels, WorkerPool workers, Matrix weights, RowTiles input, RowTiles output) {
        PackedMatrix packed = kernels.pack(weights, workers);
        ProductInput converted = kernels.newInput(input.features());
        workers.run(converted.begin(input), converted::convert);
        workers.run(packed.slices(), slice -> kernels.multiply(converted, packed, output, slice, 0, input.rows()));
    }

    private record Numbers(byte[] bytes) implements ByteStorage {
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
