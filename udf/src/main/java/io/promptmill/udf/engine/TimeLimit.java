package io.promptmill.udf.engine;

import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RowError;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How long a request may take from its first step on.
 *
 * @param seconds 0 for any time
 * @param clock nanoseconds from any origin, such as {@link System#nanoTime}
 */
record TimeLimit(int seconds, LongSupplier clock) {

    boolean isNone() {
        return seconds == 0;
    }

    long now() {
        return clock.getAsLong();
    }

    /** True where what began then has taken longer. */
    boolean isOver(long begun, long now) {
        return now - begun > TimeUnit.SECONDS.toNanos(seconds);
    }

    /** What becomes of a request that has. */
    RowError error() {
        return new RowError(
                ErrorCategory.TIMEOUT,
                "the row was not finished within engine.row_seconds, which is " + seconds
                        + "; raise it, lower sampling.max_tokens or shorten the prompt");
    }
}
