package io.promptmill.udf.kernels;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the kernels that this JVM computes with, once, and says so once. */
public final class KernelProvider {
    private static final Logger LOG = LoggerFactory.getLogger(KernelProvider.class);
    private static final String VECTOR_MODULE = "jdk.incubator.vector";

    private KernelProvider() {}

    /** The fastest provider that works here. */
    public static Kernels get() {
        return Chosen.KERNELS;
    }

    /** Asks the module graph first: touching a vector class without the module throws NoClassDefFoundError. */
    static Kernels choose(ModuleLayer layer) {
        if (layer.findModule(VECTOR_MODULE).isEmpty()) {
            LOG.warn(
                    "The Java Vector API is not enabled; using scalar kernels, many times slower. Start the JVM with"
                            + " --add-modules={} (on a cluster: in spark.driver.extraJavaOptions and"
                            + " spark.executor.extraJavaOptions)",
                    VECTOR_MODULE);
            return new ScalarKernels();
        }
        Kernels kernels = new VectorKernels();
        LOG.info("Kernels: {}", kernels.name());
        return kernels;
    }

    private static final class Chosen {
        private static final Kernels KERNELS = choose(ModuleLayer.boot());
    }
}
