package io.promptmill.udf.engine;

import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RowError;
import io.promptmill.udf.scheduler.Sequence;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A request under way: its sequences, and all who wait for its result. */
abstract class ActiveRequest<R extends Result<R>> implements LogitsReader.Rows {
    private static final Logger LOG = LoggerFactory.getLogger(ActiveRequest.class);

    private final ResultKey key;
    private final CompletableFuture<R> result = new CompletableFuture<>();
    /** This result, then those of equal requests. */
    private final List<CompletableFuture<R>> waiters = new ArrayList<>(1);
    /** When its first step began; meaningless before. */
    private long begun;

    private boolean hasBegun;

    /** @param key null where the result depends on the row's random stream, too */
    ActiveRequest(ResultKey key) {
        this.key = key;
        waiters.add(result);
    }

    /** Has further sequences of a request computed. */
    interface Sequences {
        /** Adds one whose beginning is all that {@code parent} has computed. */
        void fork(Sequence parent, Sequence child);

        /** Adds one, before those of other requests that wait; {@code other} is another one of its request. */
        void add(Sequence other, Sequence sequence);
    }

    /** The sequence that is computed first. */
    abstract Sequence sequence();

    /**
     * Goes on after {@link #read} has seen the logits or states of one of its sequences; on the step loop's thread.
     *
     * @return what became of the request where that ends it, else null
     */
    abstract R advance(Sequence sequence, Sequences sequences);

    /** Its sequences that are computed further, where it goes on. */
    abstract Collection<Sequence> open();

    /** What becomes of it where it is ended for that reason. */
    abstract R failed(RowError reason);

    /** Tokens computed of the result, for statistics. */
    abstract int resultTokens(R outcome);

    final ResultKey key() {
        return key;
    }

    /** Notes that it takes part in a step that begins now. */
    final void takesStep(long now) {
        begun = hasBegun ? begun : now;
        hasBegun = true;
    }

    final boolean isOverdue(TimeLimit limit, long now) {
        return hasBegun && limit.isOver(begun, now);
    }

    /** What the request's own caller waits for. */
    final CompletableFuture<R> result() {
        return result;
    }

    /** Completes the result of an equal request with this one, which goes on for it where its own caller gives up. */
    final void share(CompletableFuture<R> equal) {
        waiters.add(equal);
    }

    /** True where nobody waits any more. */
    final boolean isAbandoned() {
        return result.isDone() && waiting() == 0;
    }

    /** How many still wait. */
    final int waiting() {
        int waiting = 0;
        for (CompletableFuture<R> waiter : waiters) {
            waiting += waiter.isDone() ? 0 : 1;
        }
        return waiting;
    }

    /** Completes all who still wait: the first of them with its own result, the others with copies. */
    final void complete(R outcome) {
        R next = outcome;
        for (CompletableFuture<R> waiter : waiters) {
            if (waiter.complete(next)) {
                next = outcome.copy();
            }
        }
    }

    /** Words for what went wrong with this request alone, in a way that nobody foresaw: others go on. */
    static RowError unforeseen(RuntimeException failure) {
        LOG.warn("A row could not be computed; the others go on", failure);
        return new RowError(
                ErrorCategory.INTERNAL,
                "the engine could not go on with this row (" + failure
                        + "); run it again, and report it where it fails again");
    }

    /** Fails all who still wait. */
    final void fail(Throwable cause) {
        waiters.forEach(waiter -> waiter.completeExceptionally(cause));
    }
}
