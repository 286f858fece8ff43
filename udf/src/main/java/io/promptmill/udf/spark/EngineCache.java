package io.promptmill.udf.spark;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.engine.Adapter;
import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.engine.Engine;
import io.promptmill.udf.engine.EngineConfig;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.error.PromptmillException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.TaskContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engines of this JVM: one per model, adapters and configuration, loaded once however many tasks ask for it at the same time,
 * and kept until another one is asked for and no task uses it any more. Thread-safe.
 */
public final class EngineCache {
    private static final Logger LOG = LoggerFactory.getLogger(EngineCache.class);

    /** Loads a model. */
    @FunctionalInterface
    interface Opener {
        CompletionEngine open(
                Path model, EngineConfig config, List<Adapter> adapters, List<ConstraintSpec> constraints);
    }

    /** A task's hold on an engine; closing it, any number of times, gives the hold up. */
    final class Lease implements AutoCloseable {
        private final Entry entry;
        private final CompletionEngine engine;
        private final AtomicBoolean held = new AtomicBoolean(true);

        private Lease(Entry entry, CompletionEngine engine) {
            this.entry = entry;
            this.engine = engine;
        }

        CompletionEngine engine() {
            return engine;
        }

        /** What {@link CompletionEngine#reusedPromptTokens} has grown by since a task of this JVM last asked. */
        long takeReusedPromptTokens() {
            long now = engine.reusedPromptTokens();
            return Math.max(0, now - entry.reportedReuse.getAndAccumulate(now, Math::max));
        }

        @Override
        public void close() {
            if (held.compareAndSet(true, false)) {
                release(entry);
            }
        }
    }

    private record Key(ModelLocation model, List<AdapterLocation> adapters, EngineConfig config) {}

    private static final class Entry {
        private final Key key;
        private final CompletableFuture<CompletionEngine> engine = new CompletableFuture<>();
        private final AtomicBoolean counted = new AtomicBoolean();
        private final AtomicLong reportedReuse = new AtomicLong();
        private int tasks;

        private Entry(Key key) {
            this.key = key;
        }

        private void close() {
            engine.thenAccept(loaded -> {
                try {
                    loaded.close();
                } catch (RuntimeException failure) {
                    LOG.warn("the engine of model {} did not close cleanly", key.model.path(), failure);
                }
            });
        }
    }

    /** The instance that {@link #shared} tasks use; closed when the JVM ends. */
    private static final class Shared {
        private static final EngineCache INSTANCE = new EngineCache(Engine::open);

        static {
            Runtime.getRuntime().addShutdownHook(new Thread(INSTANCE::closeAll, "promptmill-shutdown"));
        }
    }

    private final Opener opener;
    private final Map<Key, Entry> entries = new HashMap<>();
    private Entry latest;

    EngineCache(Opener opener) {
        this.opener = opener;
    }

    /**
     * Engines from the cache of whichever JVM a task runs in; models are reached with the active session's Hadoop
     * configuration. To be called on the driver.
     */
    public static EngineSource shared() {
        return SharedEngineSource.ofActiveSession();
    }

    static EngineCache instance() {
        return Shared.INSTANCE;
    }

    /**
     * The engine for a model, which is loaded first where this JVM does not have it. The load goes on when the task that
     * began it is killed, because others may wait for it.
     *
     * @param adapters that requests may ask for
     * @param constraints that they are expected to ask for, to be compiled while the model is loaded
     * @param onLoad runs in one of the tasks that get an engine that was loaded
     * @throws PromptmillException where the model cannot be loaded; a later call tries again
     */
    Lease acquire(
            ModelLocation model,
            List<AdapterLocation> adapters,
            EngineConfig config,
            List<ConstraintSpec> constraints,
            Runnable onLoad) {
        Entry entry = hold(new Key(model, List.copyOf(adapters), config), constraints);
        boolean served = false;
        try {
            CompletionEngine engine = new TaskWait(TaskContext.get()).get(entry.engine);
            if (entry.counted.compareAndSet(false, true)) {
                onLoad.run();
            }
            served = true;
            return new Lease(entry, engine);
        } catch (ExecutionException failure) {
            throw loadFailure(model, failure.getCause());
        } finally {
            if (!served) {
                release(entry);
            }
        }
    }

    /** Closes an engine that has failed and forgets it, so that the next task loads another. */
    void discard(CompletionEngine engine) {
        Entry failed = null;
        synchronized (this) {
            for (Entry entry : entries.values()) {
                if (entry.engine.isDone()
                        && !entry.engine.isCompletedExceptionally()
                        && entry.engine.join() == engine) {
                    failed = entry;
                }
            }
            if (failed != null) {
                entries.remove(failed.key);
            }
        }
        if (failed != null) {
            failed.close();
        }
    }

    /** Closes every engine, those in use too; the cache can be used again. */
    void closeAll() {
        List<Entry> all;
        synchronized (this) {
            all = new ArrayList<>(entries.values());
            entries.clear();
            latest = null;
        }
        all.forEach(Entry::close);
    }

    private synchronized Entry hold(Key key, List<ConstraintSpec> constraints) {
        Entry entry = entries.get(key);
        if (entry == null) {
            List<Entry> idle = takeIdle();
            entry = new Entry(key);
            entries.put(key, entry);
            load(entry, constraints, idle);
        }
        entry.tasks++;
        latest = entry;
        return entry;
    }

    /** Engines that no task uses make room for the one to come. */
    private List<Entry> takeIdle() {
        List<Entry> idle = new ArrayList<>();
        for (Iterator<Entry> remaining = entries.values().iterator(); remaining.hasNext(); ) {
            Entry entry = remaining.next();
            if (entry.tasks == 0) {
                remaining.remove();
                idle.add(entry);
            }
        }
        return idle;
    }

    private void load(Entry entry, List<ConstraintSpec> constraints, List<Entry> idle) {
        Thread loader = new Thread(
                () -> {
                    try {
                        idle.forEach(Entry::close);
                        // This list alone would keep their memory while the new engine takes its own.
                        idle.clear();
                        entry.engine.complete(opener.open(
                                entry.key.model.path(),
                                entry.key.config,
                                entry.key.adapters.stream()
                                        .map(AdapterLocation::adapter)
                                        .toList(),
                                constraints));
                    } catch (Throwable failure) {
                        forget(entry);
                        entry.engine.completeExceptionally(failure);
                    }
                },
                "promptmill-model-load");
        loader.setDaemon(true);
        loader.start();
    }

    private synchronized void forget(Entry entry) {
        entries.remove(entry.key, entry);
    }

    private void release(Entry entry) {
        boolean close;
        synchronized (this) {
            entry.tasks--;
            close = entry.tasks == 0 && entry != latest && entries.remove(entry.key, entry);
        }
        if (close) {
            entry.close();
        }
    }

    private static PromptmillException loadFailure(ModelLocation model, Throwable cause) {
        String message = "model " + model.path() + " could not be loaded on this executor: "
                + (cause instanceof PromptmillException ? cause.getMessage() : cause.toString());
        if (cause instanceof ConfigException) {
            return new ConfigException(message, cause);
        }
        boolean memory = cause instanceof OutOfMemoryError;
        return new ModelFileException(memory ? message + "; raise spark.executor.memory" : message, cause);
    }
}
