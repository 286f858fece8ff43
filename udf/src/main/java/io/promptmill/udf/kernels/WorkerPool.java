package io.promptmill.udf.kernels;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * A fixed set of threads that runs numbered slices of one operation at a time, the caller among them. A step of a model
 * has hundreds of short parallel regions, so workers spin for a moment before they sleep. One caller at a time.
 */
public final class WorkerPool implements AutoCloseable {
    /** Idle rounds before a worker parks: some tens of microseconds, longer than the gap between two regions. */
    private static final int SPINS = 20_000;

    private final Thread[] helpers;
    private volatile Region current;
    private volatile boolean closed;

    /**
     * @param threads that compute, the caller included
     * @param name prefix of the threads' names
     */
    public WorkerPool(int threads, String name) {
        if (threads < 1) {
            throw new IllegalArgumentException(threads + " threads; expected 1 or more");
        }
        helpers = new Thread[threads - 1];
        for (int i = 0; i < helpers.length; i++) {
            helpers[i] = new Thread(this::work, name + "-" + (i + 1));
            helpers[i].setDaemon(true);
        }
        try {
            for (Thread helper : helpers) {
                helper.start();
            }
        } catch (OutOfMemoryError e) {
            // The system has no more threads; those that have started must not stay behind.
            close();
            throw e;
        }
    }

    /** Threads that compute, the caller included. */
    public int threads() {
        return helpers.length + 1;
    }

    /**
     * Runs {@code slice} for every index in {@code [0, count)} and returns when all are done. The first failure is
     * thrown on.
     */
    public void run(int count, IntConsumer slice) {
        if (closed) {
            throw new IllegalStateException("the worker pool is closed");
        }
        if (helpers.length == 0 || count <= 1) {
            for (int i = 0; i < count; i++) {
                slice.accept(i);
            }
            return;
        }
        Region region = new Region(count, slice);
        current = region;
        for (Thread helper : helpers) {
            LockSupport.unpark(helper);
        }
        region.drain();
        for (int spins = 0; region.finished.get() < count; spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                // A helper was put off its processor in mid-slice; spinning on would keep it off.
                Thread.yield();
            }
        }
        current = null;
        region.throwFailure();
    }

    private void work() {
        Region seen = null;
        int idle = 0;
        while (!closed) {
            Region region = current;
            if (region != null && region != seen) {
                seen = region;
                region.drain();
                idle = 0;
            } else if (++idle < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.park(this);
                idle = 0;
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Thread helper : helpers) {
            LockSupport.unpark(helper);
        }
    }

    private static final class Region {
        private final int count;
        private final IntConsumer slice;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger finished = new AtomicInteger();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();

        Region(int count, IntConsumer slice) {
            this.count = count;
            this.slice = slice;
        }

        void drain() {
            for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                try {
                    slice.accept(i);
                } catch (RuntimeException | Error e) {
                    failure.compareAndSet(null, e);
                } finally {
                    finished.incrementAndGet();
                }
            }
        }

        void throwFailure() {
            Throwable thrown = failure.get();
            if (thrown instanceof RuntimeException runtime) {
                throw runtime;
            }
            if (thrown instanceof Error error) {
                throw error;
            }
        }
    }
}
