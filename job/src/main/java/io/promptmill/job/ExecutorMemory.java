package io.promptmill.job;

import io.promptmill.udf.engine.EngineMemory;
import io.promptmill.udf.engine.MemoryLimit;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;

/**
 * The memory that Spark gives an executor.
 *
 * @param kind who holds it to that
 * @param heapBytes maximum heap
 * @param besideBytes that a container has beside the heap
 * @param limitBytes that the process cannot exceed; {@link Long#MAX_VALUE} where nothing here says so
 */
record ExecutorMemory(Kind kind, long heapBytes, long besideBytes, long limitBytes) {
    private static final String MEMORY = "spark.executor.memory";
    private static final String OVERHEAD = "spark.executor.memoryOverhead";
    private static final String FACTOR = "spark.executor.memoryOverheadFactor";
    private static final String PHYSICAL_MEMORY_CHECK = "yarn.nodemanager.pmem-check-enabled";
    private static final double USUAL_FACTOR = 0.1;

    /** YARN rounds containers up to multiples of what its scheduler allots, 1 GiB unless it is told otherwise. */
    private static final long YARN_UNIT_BYTES = 1L << 30;

    /** Less than an executor's JVM takes, heap and all, before it has a model. */
    private static final long LEAST_JVM_BYTES = 192L << 20;

    /** Where an executor runs. */
    enum Kind {
        /** In the driver's process. */
        LOCAL,
        /** In a container of YARN: heap and overhead, and not more; pages of mapped files count. */
        YARN,
        /** In a container of Kubernetes: as with YARN, but pages that can be read again are dropped. */
        KUBERNETES,
        /** In a process that Spark's own manager starts: it counts heaps alone and holds no process to anything. */
        PROCESS
    }

    /** Of this application. */
    static ExecutorMemory of(SparkContext spark) {
        if (spark.isLocal()) {
            return local(Runtime.getRuntime().maxMemory(), MemoryLimit.ofThisProcess());
        }
        return onCluster(spark.getConf(), (long) spark.executorMemory() << 20, spark.hadoopConfiguration());
    }

    static ExecutorMemory local(long heapBytes, MemoryLimit limit) {
        boolean known = limit.bytes() != Long.MAX_VALUE;
        return new ExecutorMemory(Kind.LOCAL, heapBytes, 0, known ? limit.bytes() + limit.swapBytes() : Long.MAX_VALUE);
    }

    /**
     * By Spark's rules for the size of a container.
     *
     * @param heapBytes as Spark has read it from the configuration or the environment
     */
    static ExecutorMemory onCluster(SparkConf conf, long heapBytes, Configuration hadoop) {
        String master = conf.get("spark.master", "");
        boolean kubernetes = master.startsWith("k8s://");
        if (!kubernetes && !master.equals("yarn")) {
            return new ExecutorMemory(Kind.PROCESS, heapBytes, 0, Long.MAX_VALUE);
        }
        long besideBytes =
                overheadBytes(conf, heapBytes, kubernetes) + mebibytes(conf, "spark.executor.pyspark.memory");
        if (conf.getBoolean("spark.memory.offHeap.enabled", false)) {
            besideBytes += conf.getSizeAsBytes("spark.memory.offHeap.size", "0");
        }
        long limitBytes = heapBytes + besideBytes;
        if (!kubernetes) {
            limitBytes = hadoop.getBoolean(PHYSICAL_MEMORY_CHECK, true)
                    ? (limitBytes + YARN_UNIT_BYTES - 1) / YARN_UNIT_BYTES * YARN_UNIT_BYTES
                    : Long.MAX_VALUE;
        }
        return new ExecutorMemory(kubernetes ? Kind.KUBERNETES : Kind.YARN, heapBytes, besideBytes, limitBytes);
    }

    private static long overheadBytes(SparkConf conf, long heapBytes, boolean kubernetes) {
        if (conf.contains(OVERHEAD)) {
            return mebibytes(conf, OVERHEAD);
        }
        double usual =
                kubernetes ? conf.getDouble("spark.kubernetes.memoryOverheadFactor", USUAL_FACTOR) : USUAL_FACTOR;
        return usualOverheadBytes(
                heapBytes,
                conf.getDouble(FACTOR, usual),
                conf.getSizeAsMb("spark.executor.minMemoryOverhead", "384m") << 20);
    }

    /** What Spark takes of a container for the JVM itself. */
    private static long usualOverheadBytes(long heapBytes, double factor, long leastBytes) {
        return Math.max((long) (heapBytes * factor), leastBytes);
    }

    private static long mebibytes(SparkConf conf, String key) {
        return conf.getSizeAsMb(key, "0") << 20;
    }

    /** Why an executor with this memory cannot run the engine, and what to set; empty where it may. */
    Optional<String> problem(EngineMemory engine) {
        if (engine.packedWeightBytes() > 0 && engine.packedWeightBytes() > limitBytes - LEAST_JVM_BYTES) {
            return Optional.of("the model's weights in " + engine.precision() + " take "
                    + Bytes.format(engine.packedWeightBytes()) + " outside the heap, and "
                    + (kind != Kind.LOCAL
                            ? "an executor's container has " + containerSize() + ". " + raiseOverhead(engine)
                            : "this machine, or the container that the job runs in, has " + Bytes.format(limitBytes)
                                    + " in all. Give it at least " + Bytes.format(wantedLimitBytes(engine))
                                    + " for a heap of " + Bytes.format(heapBytes))
                    + ", or use a smaller model");
        }
        if (!engine.holdsContext(heapBytes)) {
            long affordable = engine.affordableContext(heapBytes);
            return Optional.of("keys and values of one sequence of " + engine.context() + " tokens take "
                    + Bytes.format(engine.contextBytes()) + ", and "
                    + (engine.kvCacheBytes() == 0
                            ? "an executor has two fifths of its heap for them, "
                                    + Bytes.format(engine.kvBytes(heapBytes))
                                    + " of " + Bytes.format(heapBytes) + ". Set " + heapSetting() + " to at least "
                                    + setting(engine.leastHeapBytes())
                            : "engine.kv_cache_bytes is " + engine.kvCacheBytes() + ". Set it to at least "
                                    + engine.contextBytes())
                    + (affordable == 0 ? "" : ", or engine.max_context to at most " + affordable));
        }
        return Optional.empty();
    }

    /** Why an executor with this memory may be killed once its heap is full, and what to set; empty where nothing says so. */
    Optional<String> doubt(EngineMemory engine) {
        long weightBytes = weightBytes(engine);
        boolean container = kind == Kind.YARN || kind == Kind.KUBERNETES;
        if (!container || weightBytes == 0 || besideBytes >= weightBytes + EngineMemory.JVM_BYTES) {
            return Optional.empty();
        }
        return Optional.of("the model's weights in " + engine.precision() + " take " + Bytes.format(weightBytes)
                + " outside the heap" + (kind == Kind.YARN ? ", pages of the mapped file included" : "")
                + ", and an executor's container has " + containerSize()
                + ": it may be killed once the heap is full. " + raiseOverhead(engine));
    }

    /** What counts against a container. */
    private long weightBytes(EngineMemory engine) {
        return engine.packedWeightBytes() + (kind == Kind.YARN ? engine.mappedBytes() : 0);
    }

    private String containerSize() {
        return Bytes.format(heapBytes + besideBytes) + ", of which the heap may take " + Bytes.format(heapBytes);
    }

    private String raiseOverhead(EngineMemory engine) {
        return "Set " + OVERHEAD + " to at least "
                + setting(weightBytes(engine) + usualOverheadBytes(heapBytes, USUAL_FACTOR, EngineMemory.JVM_BYTES));
    }

    private long wantedLimitBytes(EngineMemory engine) {
        return heapBytes + engine.packedWeightBytes() + EngineMemory.JVM_BYTES;
    }

    private String heapSetting() {
        return kind == Kind.LOCAL ? "PROMPTMILL_MEMORY (or --driver-memory)" : MEMORY;
    }

    /** As Spark reads it. */
    private static String setting(long bytes) {
        return (bytes + (1 << 20) - 1 >> 20) + "m";
    }
}
