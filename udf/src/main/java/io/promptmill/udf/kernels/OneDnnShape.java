package io.promptmill.udf.kernels;

import static io.promptmill.udf.kernels.OneDnn.check;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_desc_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_execute;
import static org.bytedeco.dnnl.global.dnnl.dnnl_reorder_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_stream_destroy;

import io.promptmill.udf.tensor.RowTiles;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The products of one shape of weights for the numbers of rows that batches are cut into. A row must not depend on how
 * its batch was cut, so a size is only used where its results equal the reference's to the bit: sums of integers always
 * do, sums of floats are tried out here. Immutable; used by any number of threads.
 */
final class OneDnnShape implements AutoCloseable {
    /** Rows of a product, most first. Beyond 128 products are no faster and their results leave the cache. */
    static final int MAXIMUM_ROWS = 128;

    private static final int[] SIZES = {MAXIMUM_ROWS, 64, 32, 16, 8, 4, 2, 1};
    /** The size that the others are held to, and that the layout of the weights is chosen for: a tile. */
    private static final int REFERENCE = RowTiles.LANES;

    private final OneDnn library;
    private final OneDnnProduct.Shape shape;
    private final OneDnnProduct reference;
    private final List<OneDnnProduct> products = new ArrayList<>();
    private final dnnl_memory_desc plain;
    private final dnnl_primitive_desc packingDescription = new dnnl_primitive_desc();
    private final dnnl_primitive packing = new dnnl_primitive();

    /**
     * @throws UnsupportedOperationException where the library has no fast implementation of the shape here
     */
    OneDnnShape(OneDnn library, OneDnnProduct.Shape shape) {
        this.library = library;
        this.shape = shape;
        reference = new OneDnnProduct(library, shape, REFERENCE, null);
        requireFast(reference);
        for (int rows : SIZES) {
            OneDnnProduct product =
                    rows == REFERENCE ? reference : new OneDnnProduct(library, shape, rows, reference.weights());
            if (isFast(product)) {
                products.add(product);
            }
        }
        plain = shape.form().isInputMajor()
                ? OneDnn.strided(shape.form().weightType, shape.inputs(), shape.outputs(), shape.outputs(), 1)
                : OneDnn.strided(shape.form().weightType, shape.inputs(), shape.outputs(), 1, shape.inputs());
        if (shape.form().isPacked()) {
            check(
                    dnnl_reorder_primitive_desc_create(
                            packingDescription, plain, library.engine(), reference.weights(), library.engine(), null),
                    "describe the packing of weights");
            check(dnnl_primitive_create(packing, packingDescription), "compile the packing of weights");
        }
        if (shape.form() != WeightForm.INT8) {
            keepEqualSizes();
        }
    }

    /** Whether an implementation uses the processor's instructions for the form; the library's others are far slower. */
    private static boolean isFast(OneDnnProduct product) {
        String name = product.implementation();
        List<String> instructions = product.shape().form() == WeightForm.INT8
                ? List.of("vnni", "amx", "avx10")
                : List.of("bf16", "amx", "avx10");
        return name.startsWith("brg") && instructions.stream().anyMatch(name::contains);
    }

    private static void requireFast(OneDnnProduct product) {
        if (!isFast(product)) {
            throw new UnsupportedOperationException("oneDNN multiplies " + product.shape() + " by "
                    + product.implementation() + " here, which does not use the instructions of this precision");
        }
    }

    OneDnnProduct.Shape shape() {
        return shape;
    }

    /** The name of the implementation of the reference size. */
    String implementation() {
        return reference.implementation();
    }

    /** The product for the next of {@code rows} rows: the most that fit, or for less than a tile the least that hold them. */
    OneDnnProduct next(int rows) {
        OneDnnProduct best = reference;
        for (OneDnnProduct product : products) {
            if (rows >= RowTiles.LANES && product.rows() <= rows) {
                return product;
            }
            best = product.rows() >= rows && product.rows() < best.rows() ? product : best;
        }
        return best;
    }

    /** Bytes of packed weights. */
    long packedBytes() {
        return reference.weightBytes();
    }

    /**
     * Packs weights.
     *
     * @param weights row-major in the form's type and orientation
     * @param target of {@link #packedBytes} bytes
     */
    dnnl_memory pack(dnnl_stream stream, BytePointer weights, BytePointer target) {
        dnnl_memory packed = library.memory(reference.weights(), target);
        if (!shape.form().isPacked()) {
            Pointer.memcpy(target, weights, packedBytes());
            return packed;
        }
        dnnl_memory source = library.memory(plain, weights);
        try (dnnl_exec_arg_t arguments = new dnnl_exec_arg_t(2)) {
            arguments.position(0).arg(DNNL_ARG_FROM).memory(source);
            arguments.position(1).arg(DNNL_ARG_TO).memory(packed);
            check(dnnl_primitive_execute(packing, stream, 2, arguments.position(0)), "pack weights");
        }
        dnnl_memory_destroy(source);
        return packed;
    }

    /** Drops the sizes whose results for some random numbers differ from the reference's in any bit. */
    private void keepEqualSizes() {
        Random random = new Random(shape.inputs());
        try (NativeMemory memory = new NativeMemory(0)) {
            BytePointer input = memory.allocate((long) SIZES[0] * shape.inputStride() * shape.form().inputBytes);
            fillBf16(random, input);
            BytePointer plainWeights =
                    memory.allocate(shape.form().weightBytes((long) shape.inputs() * shape.outputs()));
            if (shape.form() == WeightForm.BF16) {
                fillBf16(random, plainWeights);
            } else {
                byte[] bytes = new byte[(int) plainWeights.capacity()];
                random.nextBytes(bytes);
                plainWeights.asByteBuffer().put(bytes);
            }
            FloatBuffer scaleValues = null;
            dnnl_memory scales = null;
            if (shape.form().hasScales()) {
                BytePointer pages = memory.allocate((long) shape.scaleCount() * Float.BYTES);
                scaleValues = OneDnn.floats(pages);
                while (scaleValues.hasRemaining()) {
                    scaleValues.put(random.nextFloat());
                }
                scales = library.memory(shape.scales(), pages);
            }
            dnnl_stream stream = library.newStream();
            dnnl_memory weights = pack(stream, plainWeights, memory.allocate(packedBytes()));
            Trial trial = new Trial(stream, input, weights, scales, memory);
            float[] expected = trial.run(reference);
            products.removeIf(product -> {
                boolean differs = !Arrays.equals(expected, trial.run(product));
                if (differs) {
                    product.close();
                }
                return differs;
            });
            dnnl_memory_destroy(weights);
            if (scales != null) {
                dnnl_memory_destroy(scales);
            }
            dnnl_stream_destroy(stream);
        }
    }

    /** Random numbers between -1 and 1. */
    private static void fillBf16(Random random, BytePointer target) {
        ShortBuffer values =
                target.asByteBuffer().order(ByteOrder.nativeOrder()).asShortBuffer();
        while (values.hasRemaining()) {
            values.put((short) ScalarConversions.bf16(2 * random.nextFloat() - 1));
        }
    }

    /** Computes the rows of the largest size with any size. */
    private final class Trial {
        private final dnnl_stream stream;
        private final BytePointer input;
        private final dnnl_memory weights;
        private final dnnl_memory scales;
        private final NativeMemory memory;

        Trial(dnnl_stream stream, BytePointer input, dnnl_memory weights, dnnl_memory scales, NativeMemory memory) {
            this.stream = stream;
            this.input = input;
            this.weights = weights;
            this.scales = scales;
            this.memory = memory;
        }

        float[] run(OneDnnProduct product) {
            int values = product.rows() * shape.outputs();
            float[] results = new float[SIZES[0] * shape.outputs()];
            BytePointer result = memory.allocate((long) values * Float.BYTES);
            long stride = (long) shape.inputStride() * shape.form().inputBytes;
            try (OneDnnCall call = new OneDnnCall(library, product, result, memory)) {
                for (int row = 0; row < SIZES[0]; row += product.rows()) {
                    call.execute(stream, input.getPointer(row * stride), weights, scales);
                    OneDnn.floats(result).get(results, row * shape.outputs(), values);
                }
            }
            return results;
        }
    }

    @Override
    public void close() {
        if (shape.form().isPacked()) {
            dnnl_primitive_destroy(packing);
            dnnl_primitive_desc_destroy(packingDescription);
        }
        products.forEach(OneDnnProduct::close);
    }
}
