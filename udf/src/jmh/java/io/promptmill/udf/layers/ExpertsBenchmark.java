package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.KernelProvider;
import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.Precision;
import io.promptmill.udf.kernels.WorkerPool;
import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.tensor.ByteStorage;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A layer of 8 experts, 2 of which each row uses, beside a dense feed-forward of as much work for a row: twice as wide as
 * an expert. On all processors; milliseconds for a step of so many rows through four such layers, so that weights come from
 * memory as they do in a model.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-Xmx3g"})
public class ExpertsBenchmark {
    private static final int EMBEDDING = 2048;
    private static final int HIDDEN = 2816;
    private static final int EXPERTS = 8;
    private static final int USED = 2;
    private static final int LAYERS = 4;

    @Param({"512", "128", "32"})
    private int rows;

    @Param({"INT8", "F32"})
    private Precision precision;

    @Param({"Q8_0"})
    private BlockFormat format;

    private final Random random = new Random(1);
    private Kernels kernels;
    private WorkerPool workers;
    private RowTiles input;
    private RowTiles output;
    private final FeedForward[] experts = new FeedForward[LAYERS];
    private final FeedForward[] dense = new FeedForward[LAYERS];

    @Setup
    public void build() {
        kernels = KernelProvider.open(precision);
        workers = new WorkerPool(Runtime.getRuntime().availableProcessors(), "experts");
        Compute compute = new Compute(kernels, workers);
        input = new RowTiles(rows, EMBEDDING);
        output = new RowTiles(rows, EMBEDDING);
        for (int i = 0; i < input.data().length; i++) {
            input.data()[i] = (float) random.nextGaussian();
        }
        MixtureOfExperts.Scratch shared = new MixtureOfExperts.Scratch(rows, EXPERTS, USED, EMBEDDING, HIDDEN);
        DenseFeedForward.Scratch hidden = new DenseFeedForward.Scratch(rows, USED * HIDDEN);
        for (int i = 0; i < LAYERS; i++) {
            experts[i] = experts(compute, shared);
            dense[i] = dense(compute, hidden);
        }
    }

    private FeedForward experts(Compute compute, MixtureOfExperts.Scratch scratch) {
        ExpertRouter router = new ExpertRouter(
                compute,
                random(BlockFormat.F32, EXPERTS, EMBEDDING),
                null,
                new ExpertRouter.Routing(EXPERTS, USED, ExpertRouter.Gating.SOFTMAX, true, 1f, 1, 1));
        return new MixtureOfExperts(
                compute,
                router,
                Activation.SILU,
                new MixtureOfExperts.Experts(
                        all(e -> random(format, HIDDEN, EMBEDDING)),
                        all(e -> random(format, HIDDEN, EMBEDDING)),
                        all(e -> random(format, EMBEDDING, HIDDEN))),
                scratch);
    }

    private FeedForward dense(Compute compute, DenseFeedForward.Scratch scratch) {
        int wide = USED * HIDDEN;
        return DenseFeedForward.gated(
                compute,
                Activation.SILU,
                random(format, wide, EMBEDDING),
                random(format, wide, EMBEDDING),
                random(format, EMBEDDING, wide),
                scratch);
    }

    private static Projection[] all(IntFunction<Projection> projection) {
        Projection[] all = new Projection[EXPERTS];
        for (int i = 0; i < EXPERTS; i++) {
            all[i] = projection.apply(i);
        }
        return all;
    }

    /** Numbers of about one in size: bytes of Q8_0 with a small scale in half precision, or floats. */
    private Projection random(BlockFormat stored, int outputs, int inputs) {
        byte[] bytes = new byte[Math.toIntExact(outputs * stored.bytesOf(inputs))];
        random.nextBytes(bytes);
        int block = stored.blockBytes();
        for (int i = 0; i < bytes.length; i += block) {
            if (stored == BlockFormat.F32) {
                int bits = Float.floatToRawIntBits((float) random.nextGaussian() / 45);
                for (int b = 0; b < Float.BYTES; b++) {
                    bytes[i + b] = (byte) (bits >> 8 * b);
                }
            } else {
                bytes[i] = 0;
                bytes[i + 1] = 0x0c;
            }
        }
        return new Projection(new Matrix("random", stored, outputs, inputs, new HeapBytes(bytes), 0), null);
    }

    @Benchmark
    public float experts() {
        for (FeedForward layer : experts) {
            layer.apply(input, output);
        }
        return output.data()[0];
    }

    @Benchmark
    public float dense() {
        for (FeedForward layer : dense) {
            layer.apply(input, output);
        }
        return output.data()[0];
    }

    @TearDown
    public void close() {
        workers.close();
        kernels.close();
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
