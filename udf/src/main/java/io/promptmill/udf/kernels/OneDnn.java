package io.promptmill.udf.kernels;

import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu;
import static org.bytedeco.dnnl.global.dnnl.dnnl_engine_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_create_with_strides;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_create_with_tag;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_desc_query;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_impl_info_str;
import static org.bytedeco.dnnl.global.dnnl.dnnl_stream_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_stream_default_flags;
import static org.bytedeco.dnnl.global.dnnl.dnnl_success;

import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/** The oneDNN library of this process and its CPU engine, and what its C interface needs around every call. */
final class OneDnn {
    /** Read by the OpenMP runtime when the library is loaded. */
    private static final String THREADS_VARIABLE = "OMP_NUM_THREADS";

    private final dnnl_engine engine;

    private OneDnn(dnnl_engine engine) {
        this.engine = engine;
    }

    /**
     * Loads the library.
     *
     * @throws UnsupportedOperationException where it cannot be used here; the message says why and what to do
     */
    static OneDnn load() {
        if (!"1".equals(System.getenv(THREADS_VARIABLE))) {
            throw new UnsupportedOperationException("the environment variable " + THREADS_VARIABLE
                    + " is not 1, so that oneDNN would start threads of its own in every worker thread; set it before"
                    + " the JVM starts (on a cluster: spark.executorEnv." + THREADS_VARIABLE + "=1)");
        }
        // JavaCPP would refuse native memory beyond a multiple of the heap; the engine has budgets of its own.
        setDefault("org.bytedeco.javacpp.maxBytes", "0");
        setDefault("org.bytedeco.javacpp.maxPhysicalBytes", "0");
        try {
            Loader.load(org.bytedeco.dnnl.global.dnnl.class);
            dnnl_engine engine = new dnnl_engine();
            check(dnnl_engine_create(engine, dnnl_cpu, 0), "create the engine");
            return new OneDnn(engine);
        } catch (LinkageError | RuntimeException e) {
            throw new UnsupportedOperationException(
                    "the native oneDNN library cannot be loaded on " + System.getProperty("os.name") + " "
                            + System.getProperty("os.arch") + " (" + e + ")",
                    e);
        }
    }

    private static void setDefault(String key, String value) {
        if (System.getProperty(key) == null) {
            System.setProperty(key, value);
        }
    }

    dnnl_engine engine() {
        return engine;
    }

    /** A matrix {@code [rows x columns]} of numbers {@code rowStride} and {@code columnStride} apart. */
    static dnnl_memory_desc strided(int type, long rows, long columns, long rowStride, long columnStride) {
        dnnl_memory_desc description = new dnnl_memory_desc();
        check(
                dnnl_memory_desc_create_with_strides(
                        description, 2, new long[] {rows, columns}, type, new long[] {rowStride, columnStride}),
                "describe a matrix");
        return description;
    }

    static dnnl_memory_desc tagged(int type, int tag, long... dimensions) {
        dnnl_memory_desc description = new dnnl_memory_desc();
        check(
                dnnl_memory_desc_create_with_tag(description, dimensions.length, dimensions, type, tag),
                "describe a tensor");
        return description;
    }

    /** Memory as oneDNN sees it; the caller keeps the pages. */
    dnnl_memory memory(dnnl_memory_desc description, Pointer pages) {
        dnnl_memory memory = new dnnl_memory();
        check(dnnl_memory_create(memory, description, engine, pages), "wrap memory");
        return memory;
    }

    /** The floats of some native memory. */
    static FloatBuffer floats(BytePointer pages) {
        return pages.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
    }

    /** A stream for one thread. */
    dnnl_stream newStream() {
        dnnl_stream stream = new dnnl_stream();
        check(dnnl_stream_create(stream, engine, dnnl_stream_default_flags), "create a stream");
        return stream;
    }

    /** The name of the implementation that was chosen, such as {@code brg_matmul:avx512_core_vnni}. */
    static String implementation(dnnl_primitive_desc description) {
        try (PointerPointer<BytePointer> text = new PointerPointer<>(1)) {
            check(dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, text), "ask for the name");
            return text.get(BytePointer.class, 0).getString();
        }
    }

    static void check(int status, String action) {
        if (status != dnnl_success) {
            throw new IllegalStateException("oneDNN failed to " + action + ": status " + status);
        }
    }
}
