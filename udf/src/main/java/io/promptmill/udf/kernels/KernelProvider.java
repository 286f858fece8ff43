package io.promptmill.udf.kernels;

import io.promptmill.udf.error.ConfigException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the kernels that this JVM computes with, once, and says so once. */
public final class KernelProvider {
    private static final Logger LOG = LoggerFactory.getLogger(KernelProvider.class);
    private static final String VECTOR_MODULE = "jdk.incubator.vector";

    private KernelProvider() {}

    /** The fastest Java provider that works here: it computes in 32-bit floats. Shared; closing it does nothing. */
    public static Kernels get() {
        return Java.KERNELS;
    }

    /**
     * The fastest provider of a precision that works here, to be closed by the caller. {@code INT8} gives the same bits
     * from oneDNN and from Java; {@code BF16} comes from oneDNN alone.
     *
     * @throws ConfigException where this machine cannot compute in that precision
     */
    public static Kernels open(Precision precision) {
        return switch (precision) {
            case F32 -> get();
            case INT8 ->
                Int8.SUPPORT.library() == null
                        ? new JavaInt8Kernels(Java.KERNELS)
                        : new OneDnnKernels(Int8.SUPPORT.library(), precision, Java.KERNELS);
            case BF16 -> {
                if (Bf16.SUPPORT.library() == null) {
                    throw new ConfigException("engine.precision is bf16, which this machine cannot compute in: "
                            + Bf16.SUPPORT.reason() + ". Use int8, f32 or auto");
                }
                yield new OneDnnKernels(Bf16.SUPPORT.library(), precision, Java.KERNELS);
            }
        };
    }

    /** Whether packed weights lie outside the heap; {@code F32} packs none. */
    public static boolean packsOutsideHeap(Precision precision) {
        return precision == Precision.BF16 || precision == Precision.INT8 && Int8.SUPPORT.library() != null;
    }

    /** Asks the module graph first: touching a vector class without the module throws NoClassDefFoundError. */
    static JavaKernels choose(ModuleLayer layer) {
        if (layer.findModule(VECTOR_MODULE).isEmpty()) {
            LOG.warn(
                    "The Java Vector API is not enabled; using scalar kernels, many times slower. Start the JVM with"
                            + " --add-modules={} (on a cluster: in spark.driver.extraJavaOptions and"
                            + " spark.executor.extraJavaOptions)",
                    VECTOR_MODULE);
            return new ScalarKernels();
        }
        JavaKernels kernels = new VectorKernels();
        LOG.info("Kernels: {}", kernels.name());
        return kernels;
    }

    private static final class Java {
        private static final JavaKernels KERNELS = choose(ModuleLayer.boot());
    }

    /**
     * Whether oneDNN serves a precision here.
     *
     * @param library null where it does not
     * @param reason why it does not, else null
     */
    private record Support(OneDnn library, String reason) {
        static Support of(Precision precision) {
            try {
                OneDnn library = OneDnn.load();
                OneDnnTrial.run(library, precision, Java.KERNELS);
                LOG.info("Matrix products in {}: oneDNN", precision.label());
                return new Support(library, null);
            } catch (UnsupportedOperationException | LinkageError e) {
                LOG.warn("Matrix products in {}: not by oneDNN: {}", precision.label(), e.getMessage());
                return new Support(null, e.getMessage());
            }
        }
    }

    private static final class Int8 {
        private static final Support SUPPORT = Support.of(Precision.INT8);
    }

    private static final class Bf16 {
        private static final Support SUPPORT = Support.of(Precision.BF16);
    }
}
