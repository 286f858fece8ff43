package io.promptmill.job.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.error.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaseTest {
    private static final Duration BEAT = Duration.ofMillis(300);

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void makeLedger() throws IOException {
        file = Files.createDirectories(folder.resolve("_promptmill")).resolve("lease");
    }

    @Test
    void aRunThatLivesKeepsOthersOut() throws IOException {
        try (Lease first = acquire("first")) {
            DataException refused = assertThrows(DataException.class, () -> acquire("second"));
            assertTrue(refused.getMessage().contains("is being written by another run (first"), refused.getMessage());
            first.require();
        }
        assertFalse(Files.exists(file));
        acquire("second").close();
    }

    @Test
    void whatAProcessOfThisMachineLeftIsTakenOverAtOnce() throws Exception {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        leave(here(), ended.pid());
        long begun = System.nanoTime();
        acquire("next").close();
        assertTrue(System.nanoTime() - begun < BEAT.multipliedBy(4).toNanos());
    }

    @Test
    void whatAnotherMachineLeftIsTakenOverWhenItGivesNoSign() throws IOException {
        leave("elsewhere", ProcessHandle.current().pid());
        long begun = System.nanoTime();
        try (Lease next = acquire("next")) {
            assertTrue(System.nanoTime() - begun >= BEAT.multipliedBy(4).toNanos());
            next.require();
        }
    }

    @Test
    void aFileThatWasCutOffIsTakenOver() throws IOException {
        Files.writeString(file, "{\"run\": \"ha");
        acquire("next").close();
        assertFalse(Files.exists(file));
    }

    @Test
    void aRunWhoseLeaseWasTakenIsToldBeforeItPublishes() throws IOException {
        try (Lease slow = acquire("slow")) {
            leave("elsewhere", 1);
            DataException told = assertThrows(DataException.class, slow::require);
            assertTrue(told.getMessage().contains("another run has taken over"), told.getMessage());
        }
        assertTrue(Files.exists(file), "the other run's lease stays");
    }

    @Test
    void ofManyThatBeginTogetherOneGetsIt() throws Exception {
        int runs = 8;
        ExecutorService threads = Executors.newFixedThreadPool(runs);
        CountDownLatch go = new CountDownLatch(1);
        ConcurrentLinkedQueue<Lease> held = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<DataException> refused = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < runs; i++) {
            String name = "run-" + i;
            threads.execute(() -> {
                try {
                    go.await();
                    held.add(acquire(name));
                } catch (DataException e) {
                    refused.add(e);
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
        }
        go.countDown();
        threads.shutdown();
        assertTrue(threads.awaitTermination(30, TimeUnit.SECONDS));
        // Local files can be made twice at once; who is not the last one is told before it publishes.
        for (Lease lease : held) {
            try {
                lease.require();
            } catch (DataException e) {
                refused.add(e);
            }
        }
        assertEquals(runs - 1, refused.size());
        held.forEach(Lease::close);
        assertFalse(Files.exists(file));
    }

    /** As a lease of this process names those that it sees. */
    private String here() throws IOException {
        try (Lease own = acquire("own")) {
            return new ObjectMapper()
                    .readTree(Files.readString(file))
                    .path("processes")
                    .asText();
        }
    }

    private Lease acquire(String run) throws IOException {
        return Lease.acquire(new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration(), run, BEAT);
    }

    private void leave(String processes, long process) throws IOException {
        Files.deleteIfExists(file.resolveSibling(".lease.crc"));
        Files.writeString(
                file,
                "{\"run\":\"left\",\"host\":\"h\",\"process\":%d,\"processes\":\"%s\"}".formatted(process, processes));
    }
}
