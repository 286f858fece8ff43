package io.promptmill.job;

import org.apache.spark.SparkContext;

/** Counts the tasks that a cluster runs at the same time. */
final class ClusterSlots {
    private static final long POLL_MILLIS = 250;

    /** Executors of a job come up one after another; when none has joined for so long, all are taken to be there. */
    private static final long QUIET_MILLIS = 3_000;

    private static final long PATIENCE_MILLIS = 30_000;

    private ClusterSlots() {}

    /** Waits for the executors of a cluster, half a minute at most, and counts their slots. */
    static int count(SparkContext context) {
        int slots = context.defaultParallelism();
        if (context.isLocal()) {
            return slots;
        }
        long begun = System.nanoTime();
        long changed = begun;
        while (millisSince(changed) < QUIET_MILLIS && millisSince(begun) < PATIENCE_MILLIS) {
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return slots;
            }
            int now = context.defaultParallelism();
            changed = now == slots ? changed : System.nanoTime();
            slots = now;
        }
        return slots;
    }

    private static long millisSince(long nanos) {
        return (System.nanoTime() - nanos) / 1_000_000;
    }
}
