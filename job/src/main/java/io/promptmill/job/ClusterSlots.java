package io.promptmill.job;

import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;

/** Counts the tasks that a cluster runs at the same time. */
final class ClusterSlots {
    private static final long POLL_MILLIS = 250;

    /** Executors of a job come up one after another; when none has joined for so long, all are taken to be there. */
    private static final long QUIET_MILLIS = 3_000;

    private static final long PATIENCE_MILLIS = 30_000;

    private static final String TASK_CORES = "spark.task.cpus";
    private static final String EXECUTOR_CORES = "spark.executor.cores";
    private static final String PARALLELISM = "spark.default.parallelism";
    private static final String MOST_EXECUTORS = "spark.dynamicAllocation.maxExecutors";

    private ClusterSlots() {}

    /**
     * Waits for the executors of a cluster, half a minute at most, and counts their slots. Those that dynamic allocation
     * may add are counted unseen: it adds them for tasks that wait, and there are as many tasks as slots are counted.
     */
    static int count(SparkContext context) {
        SparkConf conf = context.getConf();
        int most = mostSlots(conf);
        if (most > 0 && !context.isLocal()) {
            return most;
        }
        if (conf.contains(PARALLELISM)) {
            return context.defaultParallelism();
        }
        if (context.isLocal()) {
            int cores = context.defaultParallelism();
            return slots(conf, cores, cores);
        }
        int cores = awaitParallelism(context);
        return slots(conf, cores, conf.getInt(EXECUTOR_CORES, cores));
    }

    private static int awaitParallelism(SparkContext context) {
        int cores = context.defaultParallelism();
        long begun = System.nanoTime();
        long changed = begun;
        while (millisSince(changed) < QUIET_MILLIS && millisSince(begun) < PATIENCE_MILLIS) {
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return cores;
            }
            int now = context.defaultParallelism();
            changed = now == cores ? changed : System.nanoTime();
            cores = now;
        }
        return cores;
    }

    /**
     * Slots of so many cores in all. What is left of an executor's cores, too few for another task, is none.
     *
     * @param perExecutor of them
     */
    static int slots(SparkConf conf, int cores, int perExecutor) {
        int perTask = Math.max(1, conf.getInt(TASK_CORES, 1));
        boolean whole = perExecutor >= perTask && cores >= perExecutor;
        return Math.max(1, whole ? cores / perExecutor * (perExecutor / perTask) : cores / perTask);
    }

    /** Slots of all executors that dynamic allocation may ask for; 0 where it may not, or any number. */
    static int mostSlots(SparkConf conf) {
        int executors = conf.getInt(MOST_EXECUTORS, Integer.MAX_VALUE);
        // Kubernetes and YARN start executors of one core where no number is given, a standalone cluster takes all of a
        // host.
        int cores = conf.getInt(EXECUTOR_CORES, conf.get("spark.master", "").startsWith("spark://") ? 0 : 1);
        boolean known = conf.getBoolean("spark.dynamicAllocation.enabled", false)
                && executors != Integer.MAX_VALUE
                && cores > 0;
        return known ? (int) Math.min(1 << 20, (long) executors * slots(conf, cores, cores)) : 0;
    }

    private static long millisSince(long nanos) {
        return (System.nanoTime() - nanos) / 1_000_000;
    }
}
