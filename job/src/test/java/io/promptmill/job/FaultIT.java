package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Resumable jobs of real processes, of which one is killed. The system property {@code promptmill.faults} says at how many
 * random moments of each kind that is done on a cluster, which takes two minutes each; without it there is one, of a job in
 * one process.
 */
class FaultIT {
    private static final Path ROOT =
            Path.of(System.getProperty("promptmill.root")).toAbsolutePath().normalize();
    private static final int FAULTS = Integer.getInteger("promptmill.faults", 0);
    private static final int ROWS = 60;
    private static final Pattern RESUMED =
            Pattern.compile("resumed +([\\d,]+) rows were finished before, ([\\d,]+) computed now");

    private final Random moments = new Random(20_261_129);

    @TempDir
    private Path folder;

    @Test
    void aKilledJobGoesOnWhereItWas() throws Exception {
        finish(start(null, "whole"), "whole");
        Process killed = start(null, "killed");
        await(() -> committed("killed") > 0);
        killed.destroyForcibly().waitFor();
        long committed = committed("killed");
        String printed = finish(start(null, "killed"), "killed");
        assertEquals(rows("whole"), rows("killed"), printed);
        Matcher resumed = RESUMED.matcher(printed);
        assertTrue(resumed.find(), printed);
        assertEquals(committed, count(resumed.group(1)), printed);
        assertEquals(ROWS - committed, count(resumed.group(2)), printed);
    }

    @Test
    void killedDriversLoseNothingAndWhatWasCommittedIsNotComputedAgain() throws Exception {
        assumeTrue(FAULTS > 0, "the series on a cluster is not asked for");
        try (ClusterProcesses cluster = cluster()) {
            long begun = System.nanoTime();
            Process undisturbed = start(cluster, "whole");
            await(() -> committed("whole") > 0);
            long firstMillis = (System.nanoTime() - begun) / 1_000_000;
            finish(undisturbed, "whole");
            long wholeMillis = (System.nanoTime() - begun) / 1_000_000;
            List<String> whole = rows("whole");
            assertEquals(ROWS, whole.size());
            for (int i = 0; i < FAULTS; i++) {
                String output = "driver-" + i;
                Process driver = start(cluster, output);
                // Every fourth at any moment, the others from the first commit to the end of the publication.
                long from = i % 4 == 3 ? 0 : firstMillis;
                long moment = from + (long) ((wholeMillis - from) * moments.nextDouble());
                boolean ended = driver.waitFor(moment, TimeUnit.MILLISECONDS);
                driver.destroyForcibly().waitFor();
                long committed = committed(output);
                String printed = finish(start(cluster, output), output);
                assertEquals(whole, rows(output), "killed at " + moment + "\n" + printed);
                Matcher resumed = RESUMED.matcher(printed);
                long before = resumed.find() ? count(resumed.group(1)) : 0;
                System.out.printf(
                        "driver killed after %d ms of %d: %d rows committed, %d resumed%s%n",
                        moment, wholeMillis, committed, before, ended ? " (it had ended)" : "");
                assertTrue(before >= committed, before + " rows resumed of " + committed + "\n" + printed);
                assertTrue(before == 0 || count(resumed.group(2)) == ROWS - before, printed);
            }
        }
    }

    @Test
    void killedExecutorsAndCopiesOfTasksChangeNothing() throws Exception {
        assumeTrue(FAULTS > 0, "the series on a cluster is not asked for");
        try (ClusterProcesses cluster = cluster()) {
            finish(start(cluster, "whole"), "whole");
            List<String> whole = rows("whole");
            for (int i = 0; i < FAULTS; i++) {
                String output = "executor-" + i;
                Process driver = start(cluster, output);
                await(() -> committed(output) > 0);
                Thread.sleep(moments.nextInt(4_000));
                List<ProcessHandle> executors = executors();
                boolean killed = !executors.isEmpty()
                        && executors.get(moments.nextInt(executors.size())).destroyForcibly();
                String printed = finish(driver, output);
                System.out.printf("executor killed: %s%n", killed);
                assertEquals(whole, rows(output), printed);
            }
            String speculative = finish(
                    start(
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
            assertEquals(whole, rows("speculative"), speculative);
        }
    }

    private ClusterProcesses cluster() throws IOException, InterruptedException {
        return new ClusterProcesses(folder, Files.readString(Path.of(System.getProperty("promptmill.classpath"))), 2);
    }

    /**
     * Begins the job, whose rows are sampled, so that equal bytes are no matter of course.
     *
     * @param cluster or null: in one process
     */
    private Process start(ClusterProcesses cluster, String output, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(ROOT.resolve("submit.sh").toString()));
        if (cluster != null) {
            command.addAll(List.of("--master", cluster.master(), "--conf", "spark.executor.memory=600m"));
            command.addAll(List.of("--conf", "spark.driver.host=127.0.0.1"));
        }
        command.addAll(Arrays.asList(options));
        command.addAll(List.of("run", "conf/demo.yaml"));
        for (String setting : List.of(
                "output.path=" + folder.resolve(output),
                "output.mode=resume",
                "output.commit_rows=2",
                "sampling.temperature=0.8",
                "sampling.max_tokens=40")) {
            command.addAll(List.of("--set", setting));
        }
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(ROOT.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(output + ".log").toFile());
        builder.environment().remove("SPARK_HOME");
        builder.environment().put("PROMPTMILL_MEMORY", "1g");
        return builder.start();
    }

    private String finish(Process process, String output) throws IOException, InterruptedException {
        boolean ended = process.waitFor(180, TimeUnit.SECONDS);
        process.destroyForcibly();
        String printed = Files.readString(folder.resolve(output + ".log"));
        assertTrue(ended, "still running:\n" + printed);
        assertEquals(0, process.exitValue(), printed);
        return printed;
    }

    /** The executors that workers of this test have started. */
    private List<ProcessHandle> executors() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains("CoarseGrainedExecutorBackend"))
                        .isPresent())
                .toList();
    }

    private long committed(String output) {
        Path commits = folder.resolve(output + "/_promptmill/commits");
        if (!Files.exists(commits)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(commits)) {
            return files.map(path -> path.getFileName().toString())
                    .filter(name -> !name.endsWith(".crc"))
                    .mapToLong(name -> Long.parseLong(name.replaceAll(".*\\.r(\\d+)\\..*", "$1")))
                    .sum();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(java.util.function.BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
            Thread.sleep(50);
        }
        assertTrue(condition.getAsBoolean(), "nothing was committed in two minutes");
    }

    private static long count(String printed) {
        return Long.parseLong(printed.replace(",", ""));
    }

    /** Every row as JSON, in the order of the file: an output has the order of its input. */
    private List<String> rows(String output) {
        SparkSession spark = SparkSessions.openForReading();
        try {
            return spark.read()
                    .parquet(folder.resolve(output).toString())
                    .toJSON()
                    .collectAsList();
        } finally {
            spark.stop();
        }
    }
}
