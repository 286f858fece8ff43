package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.promptmill.job.JobProcesses.Resumed;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Resumable jobs of real processes, of which one is killed. The system property {@code promptmill.faults} says at how many
 * random moments of each kind that is done on a cluster, up to four of a job before it may complete, which takes about a minute
 * each; without it there is one, of a job in one process.
 */
class FaultIT {
    private static final int FAULTS = Integer.getInteger("promptmill.faults", 0);
    private static final int ROWS = 60;
    private static final int KILLS_OF_A_JOB = 4;

    private final Random moments = new Random(20_261_129);

    @TempDir
    private Path folder;

    private JobProcesses jobs;

    @BeforeEach
    void makeJobs() {
        jobs = new JobProcesses(folder);
    }

    @Test
    void aKilledJobGoesOnWhereItWas() throws Exception {
        jobs.finish(jobs.start(null, "whole"), "whole");
        Process killed = jobs.start(null, "killed");
        JobProcesses.await(() -> jobs.committed("killed") > 0);
        killed.destroyForcibly().waitFor();
        long committed = jobs.committed("killed");
        String printed = jobs.finish(jobs.start(null, "killed"), "killed");
        assertEquals(jobs.rows("whole"), jobs.rows("killed"), printed);
        assertEquals(new Resumed(committed, ROWS - committed), JobProcesses.resumed(printed), printed);
    }

    @Test
    void killedDriversLoseNothingAndWhatWasCommittedIsNotComputedAgain() throws Exception {
        assumeTrue(FAULTS > 0, "the series on a cluster is not asked for");
        try (ClusterProcesses cluster = jobs.cluster()) {
            long begun = System.nanoTime();
            Process undisturbed = jobs.start(cluster, "whole");
            JobProcesses.await(() -> jobs.committed("whole") > 0);
            long firstMillis = (System.nanoTime() - begun) / 1_000_000;
            jobs.finish(undisturbed, "whole");
            long wholeMillis = (System.nanoTime() - begun) / 1_000_000;
            List<String> whole = jobs.rows("whole");
            assertEquals(ROWS, whole.size());
            int kills = 0;
            for (int i = 0; kills < FAULTS; i++) {
                String output = "driver-" + i;
                for (int run = 0; run < KILLS_OF_A_JOB && kills < FAULTS; run++) {
                    Process driver = jobs.start(cluster, output);
                    // Every fourth at any moment, the others from the first commit to the end of the publication.
                    long from = kills % 4 == 3 ? 0 : firstMillis;
                    long moment = from + (long) ((wholeMillis - from) * moments.nextDouble());
                    if (driver.waitFor(moment, TimeUnit.MILLISECONDS)) {
                        break;
                    }
                    driver.destroyForcibly().waitFor();
                    kills++;
                    System.out.printf(
                            "driver %d killed after %d ms of %d: %d rows committed%n",
                            kills, moment, wholeMillis, jobs.committed(output));
                }
                long committed = jobs.committed(output);
                String printed = jobs.finish(jobs.start(cluster, output), output);
                assertEquals(whole, jobs.rows(output), printed);
                Resumed resumed = JobProcesses.resumed(printed);
                System.out.printf("%s: %d rows committed, %s%n", output, committed, resumed);
                // Killed between writing steps anew and removing the old ones, both count.
                assertTrue(
                        resumed.before() >= Math.min(committed, ROWS), resumed + " of " + committed + "\n" + printed);
                assertTrue(resumed.before() == 0 || resumed.computed() == ROWS - resumed.before(), printed);
            }
        }
    }

    @Test
    void killedExecutorsAndCopiesOfTasksChangeNothing() throws Exception {
        assumeTrue(FAULTS > 0, "the series on a cluster is not asked for");
        try (ClusterProcesses cluster = jobs.cluster()) {
            jobs.finish(jobs.start(cluster, "whole"), "whole");
            List<String> whole = jobs.rows("whole");
            int kills = 0;
            for (int i = 0; kills < FAULTS; i++) {
                String output = "executor-" + i;
                Process driver = jobs.start(cluster, output, "--conf", "spark.task.maxFailures=20");
                JobProcesses.await(() -> !jobs.executors().isEmpty());
                for (int kill = 0; kill < KILLS_OF_A_JOB && driver.isAlive(); kill++) {
                    // Every fourth at any moment, the others when rows are committed, or all are.
                    long before = jobs.committed(output);
                    if (kills % 4 != 3) {
                        JobProcesses.await(
                                () -> !driver.isAlive() || jobs.committed(output) > before || before >= ROWS);
                    }
                    // Half of them at once, while other tasks commit theirs.
                    driver.waitFor(moments.nextInt(kills % 2 == 0 ? 1_000 : 6_000), TimeUnit.MILLISECONDS);
                    List<ProcessHandle> executors = jobs.executors();
                    if (driver.isAlive()
                            && !executors.isEmpty()
                            && executors.get(moments.nextInt(executors.size())).destroyForcibly()) {
                        kills++;
                        System.out.printf("executor %d killed: %d rows committed%n", kills, jobs.committed(output));
                    }
                }
                String printed = jobs.finish(driver, output);
                assertEquals(whole, jobs.rows(output), printed);
            }
            String speculative = jobs.finish(
                    jobs.start(
                            cluster,
                            "speculative",
                            "--conf",
                            "spark.speculation=true",
                            "--conf",
                            "spark.speculation.interval=100ms",
                            "--conf",
                            "spark.speculation.quantile=0.1",
                            "--conf",
                            "spark.speculation.multiplier=1.01"),
                    "speculative");
            assertEquals(whole, jobs.rows("speculative"), speculative);
        }
    }
}
