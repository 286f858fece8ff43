package io.promptmill.udf.kernels;

import static io.promptmill.udf.tensor.RowTiles.LANES;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.BytePointer;

/**
 * Matrix products by oneDNN (UXL Foundation), everything else by a Java provider. Weights are packed once into the
 * library's layout, in slices of output features; a worker thread multiplies a slice with the rows of the batch, and
 * oneDNN starts no threads of its own. {@link #close} frees the native memory.
 */
final class OneDnnKernels extends DelegatingKernels {
    /** Output features of a slice, whatever the number of threads: sums of floats could depend on it. */
    static final int SLICE_ROWS = 128;

    /** Many slices, and some huge pages. */
    private static final long BLOCK_BYTES = 16 << 20;

    private final OneDnn library;
    private final Precision precision;
    private final NativeMemory memory = new NativeMemory(BLOCK_BYTES);
    private final Map<OneDnnProduct.Shape, OneDnnShape> shapes = new ConcurrentHashMap<>();
    private final Queue<dnnl_memory> wrapped = new ConcurrentLinkedQueue<>();
    private final Queue<OneDnnThread> threads = new ConcurrentLinkedQueue<>();
    private final ThreadLocal<OneDnnThread> thread = ThreadLocal.withInitial(this::newThread);

    OneDnnKernels(OneDnn library, Precision precision, JavaKernels java) {
        super(java);
        this.library = library;
        this.precision = precision;
    }

    @Override
    public String name() {
        return "onednn-" + precision.label() + "+" + java().name();
    }

    private OneDnnThread newThread() {
        OneDnnThread created = new OneDnnThread(library, memory);
        threads.add(created);
        return created;
    }

    /** {@inheritDoc} Reads each row of the matrix once and does not need it afterwards. */
    @Override
    public PackedMatrix pack(Matrix matrix, WorkerPool workers) {
        WeightForm form = WeightForm.of(precision, matrix);
        OneDnnMatrix packed = OneDnnMatrix.empty(matrix.rows(), matrix.columns(), SLICE_ROWS);
        workers.run(packed.slices(), slice -> {
            int from = slice * SLICE_ROWS;
            int outputs = Math.min(SLICE_ROWS, matrix.rows() - from);
            packed.set(slice, packSlice(matrix, form, from, outputs));
        });
        return packed;
    }

    private OneDnnMatrix.Slice packSlice(Matrix matrix, WeightForm form, int from, int outputs) {
        OneDnnShape shape = shape(new OneDnnProduct.Shape(form, matrix.columns(), outputs));
        dnnl_memory scales = null;
        FloatBuffer scaleValues = null;
        if (form.hasScales()) {
            BytePointer pages = memory.allocate((long) shape.shape().scaleCount() * Float.BYTES);
            scaleValues = OneDnn.floats(pages);
            scales = wrap(library.memory(shape.shape().scales(), pages));
        }
        byte[] numbers = new WeightEncoder(matrix, form, java()).encode(from, outputs, scaleValues);
        try (NativeMemory plain = new NativeMemory(0)) {
            BytePointer rows = plain.allocate(numbers.length);
            rows.asByteBuffer().put(numbers);
            dnnl_memory weights = shape.pack(thread.get().stream(), rows, memory.allocate(shape.packedBytes()));
            return new OneDnnMatrix.Slice(shape, wrap(weights), scales);
        }
    }

    private OneDnnShape shape(OneDnnProduct.Shape shape) {
        try {
            return shapes.computeIfAbsent(shape, missing -> new OneDnnShape(library, missing));
        } catch (UnsupportedOperationException e) {
            throw new ConfigException(
                    "engine.precision " + precision.label() + " does not suit this model on this processor: "
                            + e.getMessage() + ". Set engine.precision to f32",
                    e);
        }
    }

    private dnnl_memory wrap(dnnl_memory created) {
        wrapped.add(created);
        return created;
    }

    @Override
    public ProductInput newInput(int features) {
        WeightForm form = precision == Precision.INT8 ? WeightForm.INT8 : WeightForm.BF16;
        int stride = new OneDnnProduct.Shape(form, features, 1).inputStride() * form.inputBytes;
        return new OneDnnInput(precision, java().conversions(), memory, features, stride);
    }

    @Override
    public void multiply(ProductInput input, PackedMatrix weights, RowTiles output, int slice, int fromRow, int toRow) {
        OneDnnInput converted = (OneDnnInput) input;
        OneDnnMatrix packed = (OneDnnMatrix) weights;
        int rows = converted.activations().rows();
        if (output.rows() != rows
                || output.features() < packed.rows()
                || converted.activations().features() != packed.columns()) {
            throw new IllegalArgumentException("product of [" + rows + " x "
                    + converted.activations().features() + "] and [" + packed.rows() + " x " + packed.columns()
                    + "] into [" + output.rows() + " x " + output.features() + "]");
        }
        OneDnnThread own = thread.get();
        OneDnnMatrix.Slice part = packed.slice(slice);
        int outputs = part.shape().shape().outputs();
        for (int row = fromRow; row < toRow; ) {
            OneDnnProduct product = part.shape().next(toRow - row);
            float[] sums = own.multiply(product, converted.rows(row), part.weights(), part.scales());
            int end = Math.min(toRow, row + product.rows());
            for (int r = row; r < end; r += LANES) {
                java().conversions()
                        .storeTile(
                                sums,
                                (r - row) * outputs,
                                outputs,
                                converted.scales(),
                                r,
                                output,
                                r / LANES,
                                slice * SLICE_ROWS,
                                outputs);
            }
            row = end;
        }
    }

    @Override
    public void close() {
        threads.forEach(OneDnnThread::close);
        wrapped.forEach(dnnl::dnnl_memory_destroy);
        shapes.values().forEach(OneDnnShape::close);
        memory.close();
    }
}
