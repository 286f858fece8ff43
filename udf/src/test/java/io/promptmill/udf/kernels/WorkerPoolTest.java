package io.promptmill.udf.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkerPoolTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void everySliceRunsOnceInEveryRegion(int threads) {
        try (WorkerPool pool = new WorkerPool(threads, "test")) {
            for (int region = 0; region < 2_000; region++) {
                int count = region % 23;
                AtomicIntegerArray runs = new AtomicIntegerArray(23);
                pool.run(count, runs::incrementAndGet);
                for (int i = 0; i < runs.length(); i++) {
                    assertEquals(i < count ? 1 : 0, runs.get(i));
                }
            }
        }
    }

    @Test
    void slicesRunSideBySide() {
        try (WorkerPool pool = new WorkerPool(3, "test")) {
            CountDownLatch together = new CountDownLatch(3);
            pool.run(3, i -> {
                together.countDown();
                try {
                    assertTrue(together.await(30, TimeUnit.SECONDS), "the slices did not meet");
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
    }

    @Test
    void sleepingWorkersWakeUp() throws InterruptedException {
        try (WorkerPool pool = new WorkerPool(2, "test")) {
            AtomicIntegerArray runs = new AtomicIntegerArray(2);
            for (int i = 0; i < 5; i++) {
                Thread.sleep(60);
                pool.run(2, runs::incrementAndGet);
            }
            assertEquals(5, runs.get(0));
            assertEquals(5, runs.get(1));
        }
    }

    @Test
    void aFailureIsThrownAfterTheOtherSlicesAreDone() {
        try (WorkerPool pool = new WorkerPool(2, "test")) {
            IllegalStateException failure = new IllegalStateException("slice 3");
            AtomicIntegerArray runs = new AtomicIntegerArray(8);
            assertSame(
                    failure,
                    assertThrows(
                            IllegalStateException.class,
                            () -> pool.run(8, i -> {
                                runs.incrementAndGet(i);
                                if (i == 3) {
                                    throw failure;
                                }
                            })));
            assertEquals(8, IntStream.range(0, 8).map(runs::get).sum());
            pool.run(8, runs::incrementAndGet);
            assertEquals(2, runs.get(7));
        }
    }

    @Test
    void aClosedPoolRefusesWork() {
        WorkerPool pool = new WorkerPool(2, "test");
        pool.close();
        assertThrows(IllegalStateException.class, () -> pool.run(4, i -> {}));
    }
}
