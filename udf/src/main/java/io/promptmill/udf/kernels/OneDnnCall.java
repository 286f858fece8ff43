package io.promptmill.udf.kernels;

import static io.promptmill.udf.kernels.OneDnn.check;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_ATTR_SCALES;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCRATCHPAD;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_get_size;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_set_data_handle;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_execute;

import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** The arguments of one thread's calls of one product: everything but the weights stays from call to call. */
final class OneDnnCall implements AutoCloseable {
    private final OneDnnProduct product;
    private final dnnl_memory input;
    private final dnnl_memory output;
    private final dnnl_memory scratchpad;
    private final dnnl_exec_arg_t arguments = new dnnl_exec_arg_t(5);
    private final int count;

    /**
     * @param result {@code [rows x outputs]} floats
     * @param memory from which the product's scratchpad is taken
     */
    OneDnnCall(OneDnn library, OneDnnProduct product, Pointer result, NativeMemory memory) {
        this.product = product;
        input = library.memory(product.input(), null);
        output = library.memory(product.output(), result);
        long bytes = dnnl_memory_desc_get_size(product.scratchpad());
        scratchpad = library.memory(product.scratchpad(), bytes == 0 ? null : memory.allocate(bytes));
        count = product.shape().form().hasScales() ? 5 : 4;
        argument(0, DNNL_ARG_SRC, input);
        argument(1, DNNL_ARG_DST, output);
        argument(2, DNNL_ARG_SCRATCHPAD, scratchpad);
    }

    private void argument(int index, int kind, dnnl_memory memory) {
        arguments.position(index).arg(kind).memory(memory);
        arguments.position(0);
    }

    /**
     * Computes the product into the result.
     *
     * @param rows the first row of the activations
     * @param scales null where the form has none
     */
    void execute(dnnl_stream stream, BytePointer rows, dnnl_memory weights, dnnl_memory scales) {
        check(dnnl_memory_set_data_handle(input, rows), "pass the activations");
        argument(3, DNNL_ARG_WEIGHTS, weights);
        if (scales != null) {
            argument(4, DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, scales);
        }
        check(dnnl_primitive_execute(product.primitive(), stream, count, arguments), "multiply");
    }

    @Override
    public void close() {
        dnnl_memory_destroy(input);
        dnnl_memory_destroy(output);
        dnnl_memory_destroy(scratchpad);
    }
}
