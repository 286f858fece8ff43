package io.promptmill.udf.spark;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;

/**
 * Waits on behalf of a task and stops when the task is killed. Spark interrupts the thread of a killed task only where
 * it is told to, so the kill is also looked for every tenth of a second.
 *
 * @param task that waits, or null outside of one
 */
record TaskWait(TaskContext task) {
    private static final long POLL_MILLIS = 100;

    /**
     * The value of a future.
     *
     * @throws ExecutionException where the future completed exceptionally
     * @throws TaskKilledException where the task was killed or its thread interrupted
     */
    <T> T get(CompletableFuture<T> future) throws ExecutionException {
        while (true) {
            checkAlive();
            try {
                return future.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException notYet) {
                continue;
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw killed();
            }
        }
    }

    /** @throws TaskKilledException where the task was killed or its thread interrupted */
    void sleep(long millis) {
        checkAlive();
        try {
            Thread.sleep(millis);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw killed();
        }
    }

    void checkAlive() {
        if (Thread.currentThread().isInterrupted() || (task != null && task.isInterrupted())) {
            throw killed();
        }
    }

    private static TaskKilledException killed() {
        return new TaskKilledException("the task was killed while it waited for its model or for a completion");
    }
}
