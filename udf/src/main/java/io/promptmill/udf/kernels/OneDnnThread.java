package io.promptmill.udf.kernels;

import static io.promptmill.udf.tensor.RowTiles.LANES;
import static org.bytedeco.dnnl.global.dnnl.dnnl_stream_destroy;

import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.javacpp.BytePointer;

/** What one worker thread needs to call oneDNN: its stream, its arguments, its buffers. Used by that thread alone. */
final class OneDnnThread implements AutoCloseable {
    private final OneDnn library;
    private final NativeMemory memory;
    private final dnnl_stream stream;
    private final Map<OneDnnProduct, OneDnnCall> calls = new HashMap<>();
    private final BytePointer result;
    private final FloatBuffer resultValues;
    /** The results of a product; at least a tile of rows, so that whole tiles can be stored. */
    private final float[] sums;

    OneDnnThread(OneDnn library, NativeMemory memory) {
        this.library = library;
        this.memory = memory;
        stream = library.newStream();
        int values = OneDnnShape.MAXIMUM_ROWS * OneDnnKernels.SLICE_ROWS;
        result = memory.allocate((long) values * Float.BYTES);
        resultValues = OneDnn.floats(result);
        sums = new float[Math.max(values, LANES * OneDnnKernels.SLICE_ROWS)];
    }

    dnnl_stream stream() {
        return stream;
    }

    /**
     * Multiplies rows of activations with a slice of weights.
     *
     * @return {@code [product.rows() x outputs]}, valid until the next call
     */
    float[] multiply(OneDnnProduct product, BytePointer rows, dnnl_memory weights, dnnl_memory scales) {
        OneDnnCall call = calls.get(product);
        if (call == null) {
            call = new OneDnnCall(library, product, result, memory);
            calls.put(product, call);
        }
        call.execute(stream, rows, weights, scales);
        resultValues.get(0, sums, 0, product.rows() * product.shape().outputs());
        return sums;
    }

    @Override
    public void close() {
        calls.values().forEach(OneDnnCall::close);
        dnnl_stream_destroy(stream);
    }
}
