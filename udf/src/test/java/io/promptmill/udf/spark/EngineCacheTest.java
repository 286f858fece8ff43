package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.engine.Adapter;
import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.engine.EngineConfig;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.ModelFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.TaskKilledException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EngineCacheTest {
    private static final ModelLocation FIRST = new ModelLocation(Path.of("first.gguf"), "1");
    private static final ModelLocation SECOND = new ModelLocation(Path.of("second.gguf"), "1");
    private static final Runnable UNCOUNTED = () -> {};

    private final List<StubEngine> opened = new ArrayList<>();

    private synchronized CompletionEngine open(
            Path model, EngineConfig config, List<Adapter> adapters, List<ConstraintSpec> constraints) {
        StubEngine engine = new StubEngine(0, false, false, StubEngine::echo);
        opened.add(engine);
        return engine;
    }

    private StubEngine engine(int index) {
        return opened.get(index);
    }

    @Test
    void loadsOnceForTasksThatStartTogether() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        EngineCache cache = new EngineCache((model, config, adapters, constraints) -> {
            awaitQuietly(loading);
            return open(model, config, adapters, constraints);
        });
        AtomicInteger counted = new AtomicInteger();
        ExecutorService tasks = Executors.newFixedThreadPool(16);
        try {
            List<Future<EngineCache.Lease>> leases = new ArrayList<>();
            for (int task = 0; task < 16; task++) {
                leases.add(tasks.submit(() ->
                        cache.acquire(FIRST, List.of(), EngineConfig.DEFAULT, List.of(), counted::incrementAndGet)));
            }
            loading.countDown();
            Set<CompletionEngine> engines = new HashSet<>();
            for (Future<EngineCache.Lease> lease : leases) {
                engines.add(lease.get().engine());
                lease.get().close();
            }
            assertEquals(1, engines.size());
            assertEquals(1, opened.size());
            assertEquals(1, counted.get());
            assertFalse(engine(0).isClosed(), "an engine stays for the tasks to come");
            cache.acquire(FIRST, List.of(), EngineConfig.DEFAULT, List.of(), counted::incrementAndGet)
                    .close();
            assertEquals(1, opened.size());
            assertEquals(1, counted.get());
        } finally {
            tasks.shutdownNow();
        }
    }

    @Test
    void anotherModelClosesTheFirstWhenNoTaskUsesIt() {
        EngineCache cache = new EngineCache(this::open);
        EngineCache.Lease first = cache.acquire(FIRST, List.of(), EngineConfig.DEFAULT, List.of(), UNCOUNTED);
        EngineCache.Lease alsoFirst = cache.acquire(FIRST, List.of(), EngineConfig.DEFAULT, List.of(), UNCOUNTED);
        EngineCache.Lease second = cache.acquire(SECOND, List.of(), EngineConfig.DEFAULT, List.of(), UNCOUNTED);
        first.close();
        first.close();
        assertFalse(engine(0).isClosed(), "one task still uses it");
        alsoFirst.close();
        assertTrue(engine(0).isClosed());
        second.close();
        assertFalse(engine(1).isClosed());
        EngineCache.Lease again = cache.acquire(FIRST, List.of(), EngineConfig.DEFAULT, List.of(), UNCOUNTED);
        assertTrue(engine(1).isClosed(), "an idle engine makes room before the next is loaded");
        assertEquals(3, opened.size());
        cache.closeAll();
        assertTrue(engine(2).isClosed());
        again.close();
        assertNotSame(
                again.engine(),
                cache.acquire(FIRST, List.of(), EngineConfig.DEFAULT, List.of(), UNCOUNTED)
                        .engine());
    }

    @Test
    void configurationAndFileVersionArePartOfTheKey() {
        EngineCache cache = new EngineCache(this::open);
        EngineConfig narrow = new EngineConfig(1, 8, 2, 0, 0, true, "f32", "auto");
        CompletionEngine first = cache.acquire(FIRST, List.of(), EngineConfig.DEFAULT, List.of(), UNCOUNTED)
                .engine();
        assertSame(
                first,
                cache.acquire(FIRST, List.of(), EngineConfig.DEFAULT, List.of(), UNCOUNTED)
                        .engine());
        assertNotSame(
                first,
                cache.acquire(FIRST, List.of(), narrow, List.of(), UNCOUNTED).engine());
        ModelLocation replaced = new ModelLocation(FIRST.path(), "2");
        assertNotSame(
                first,
                cache.acquire(replaced, List.of(), EngineConfig.DEFAULT, List.of(), UNCOUNTED)
                        .engine());
    }

    @Test
    void aFailedLoadIsReportedToEveryTaskAndTriedAgain() throws Exception {
        CountDownLatch allWait = new CountDownLatch(1);
        AtomicInteger attempts = new AtomicInteger();
        AtomicInteger counted = new AtomicInteger();
        EngineCache cache = new EngineCache((model, config, adapters, constraints) -> {
            if (attempts.incrementAndGet() == 1) {
                awaitQuietly(allWait);
                throw new ModelFileException("tensor output.weight is missing");
            }
            return open(model, config, adapters, constraints);
        });
        ExecutorService tasks = Executors.newFixedThreadPool(4);
        try {
            List<Future<EngineCache.Lease>> leases = new ArrayList<>();
            for (int task = 0; task < 4; task++) {
                leases.add(tasks.submit(() ->
                        cache.acquire(FIRST, List.of(), EngineConfig.DEFAULT, List.of(), counted::incrementAndGet)));
            }
            TimeUnit.MILLISECONDS.sleep(200);
            allWait.countDown();
            for (Future<EngineCache.Lease> lease : leases) {
                Throwable failure =
                        assertThrows(ExecutionException.class, lease::get).getCause();
                assertEquals(ModelFileException.class, failure.getClass());
                assertEquals(
                        "model first.gguf could not be loaded on this executor: tensor output.weight is missing",
                        failure.getMessage());
            }
            assertEquals(1, attempts.get());
            assertEquals(0, counted.get());
            cache.acquire(FIRST, List.of(), EngineConfig.DEFAULT, List.of(), counted::incrementAndGet)
                    .close();
            assertEquals(2, attempts.get());
            assertEquals(1, counted.get());
        } finally {
            tasks.shutdownNow();
        }
    }

    @Test
    void kindsOfLoadFailureKeepTheirMeaning() {
        EngineCache mistaken = new EngineCache((model, config, adapters, constraints) -> {
            throw new ConfigException("engine.max_context is too large");
        });
        assertThrows(
                ConfigException.class,
                () -> mistaken.acquire(FIRST, List.of(), EngineConfig.DEFAULT, List.of(), UNCOUNTED));
        EngineCache full = new EngineCache((model, config, adapters, constraints) -> {
            throw new OutOfMemoryError("Java heap space");
        });
        String message = assertThrows(
                        ModelFileException.class,
                        () -> full.acquire(FIRST, List.of(), EngineConfig.DEFAULT, List.of(), UNCOUNTED))
                .getMessage();
        assertTrue(message.endsWith("raise spark.executor.memory"), message);
    }

    @Test
    void aFailedEngineIsReplaced() {
        EngineCache cache = new EngineCache(this::open);
        EngineCache.Lease lease = cache.acquire(FIRST, List.of(), EngineConfig.DEFAULT, List.of(), UNCOUNTED);
        cache.discard(lease.engine());
        cache.discard(lease.engine());
        assertTrue(engine(0).isClosed());
        lease.close();
        CompletionEngine next = cache.acquire(FIRST, List.of(), EngineConfig.DEFAULT, List.of(), UNCOUNTED)
                .engine();
        assertSame(engine(1), next);
        assertEquals(2, opened.size());
    }

    @Test
    void aKilledTaskStopsWaitingAndTheLoadGoesOn() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        EngineCache cache = new EngineCache((model, config, adapters, constraints) -> {
            awaitQuietly(loading);
            return open(model, config, adapters, constraints);
        });
        ExecutorService tasks = Executors.newFixedThreadPool(2);
        try {
            Future<?> killed = tasks.submit(() -> {
                Thread.currentThread().interrupt();
                return assertThrows(
                        TaskKilledException.class,
                        () -> cache.acquire(FIRST, List.of(), EngineConfig.DEFAULT, List.of(), UNCOUNTED));
            });
            killed.get(10, TimeUnit.SECONDS);
            loading.countDown();
            cache.acquire(FIRST, List.of(), EngineConfig.DEFAULT, List.of(), UNCOUNTED);
            assertEquals(1, opened.size());
        } finally {
            tasks.shutdownNow();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException("nothing interrupts a load", interrupted);
        }
    }
}
