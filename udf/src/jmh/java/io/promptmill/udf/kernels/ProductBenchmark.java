package io.promptmill.udf.kernels;

import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.tensor.ByteStorage;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Matrix products of one thread beside what the processor's fused multiply-add can do at most. Scores are microseconds
 * for the number of operations that each method names: operations / microseconds / 1000 are GFLOP/s.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-Xmx2g"})
public class ProductBenchmark {
    private static final int INPUTS = 2048;
    private static final int OUTPUTS = 512;

    @State(Scope.Thread)
    public static class Product {
        @Param({"Q8_0", "Q4_0", "Q4_K", "Q6_K", "F16"})
        private BlockFormat format;

        @Param({"16", "32", "128", "512"})
        private int rows;

        @Param({"F32", "BF16", "INT8"})
        private Precision precision;

        private Kernels kernels;
        private RowTiles input;
        private ProductInput converted;
        private RowTiles output;
        private PackedMatrix weights;

        @Setup
        public void fill() {
            kernels = KernelProvider.open(precision);
            byte[] bytes = new byte[(int) (OUTPUTS * format.bytesOf(INPUTS))];
            new Random(1).nextBytes(bytes);
            input = new RowTiles(rows, INPUTS);
            output = new RowTiles(rows, OUTPUTS);
            Random random = new Random(2);
            for (int i = 0; i < input.data().length; i++) {
                input.data()[i] = random.nextFloat() - 0.5f;
            }
            Matrix matrix = new Matrix("random", format, OUTPUTS, INPUTS, new HeapBytes(bytes), 0);
            try (WorkerPool caller = new WorkerPool(1, "pack")) {
                weights = kernels.pack(matrix, caller);
            }
            converted = kernels.newInput(INPUTS);
        }
    }

    /** {@code 2 * rows * 2048 * 512} operations. */
    @Benchmark
    public float product(Product product) {
        int pieces = product.converted.begin(product.input);
        for (int piece = 0; piece < pieces; piece++) {
            product.converted.convert(piece);
        }
        for (int slice = 0; slice < product.weights.slices(); slice++) {
            product.kernels.multiply(
                    product.converted, product.weights, product.output, slice, 0, product.output.rows());
        }
        return product.output.data()[0];
    }

    /** {@code 2 * 12 * 1,000,000 * lanes} operations: independent chains in registers, nothing loaded. */
    @Benchmark
    public float peak() {
        var species = FloatVector.SPECIES_PREFERRED;
        FloatVector a = FloatVector.broadcast(species, 1.0001f);
        FloatVector b = FloatVector.broadcast(species, 0.5f);
        FloatVector c0 = b;
        FloatVector c1 = b;
        FloatVector c2 = b;
        FloatVector c3 = b;
        FloatVector c4 = b;
        FloatVector c5 = b;
        FloatVector c6 = b;
        FloatVector c7 = b;
        FloatVector c8 = b;
        FloatVector c9 = b;
        FloatVector c10 = b;
        FloatVector c11 = b;
        for (int i = 0; i < 1_000_000; i++) {
            c0 = c0.fma(a, b);
            c1 = c1.fma(a, b);
            c2 = c2.fma(a, b);
            c3 = c3.fma(a, b);
            c4 = c4.fma(a, b);
            c5 = c5.fma(a, b);
            c6 = c6.fma(a, b);
            c7 = c7.fma(a, b);
            c8 = c8.fma(a, b);
            c9 = c9.fma(a, b);
            c10 = c10.fma(a, b);
            c11 = c11.fma(a, b);
        }
        return c0.add(c1).add(c2).add(c3).add(c4).add(c5).add(c6).add(c7).add(c8).add(c9).add(c10).add(c11).lane(0);
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
}
