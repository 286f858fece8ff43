package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.promptmill.job.JobProcesses.Resumed;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Resumable jobs on a cluster of real processes that lose what they need: the disk's room, the model, a part of the input, a
 * task at one of its rows. With the system property {@code promptmill.faults}, as {@link FaultIT}.
 */
class DamageIT {
    private static final Path MODEL = Path.of(System.getProperty("promptmill.root"))
            .resolve("datasets/demo-model/promptmill-demo-q8_0.gguf")
            .toAbsolutePath()
            .normalize();
    private static final int ROWS = 60;

    @TempDir
    private Path folder;

    private JobProcesses jobs;

    @BeforeEach
    void makeJobs() {
        assumeTrue(Integer.getInteger("promptmill.faults", 0) > 0, "the series on a cluster is not asked for");
        jobs = new JobProcesses(folder);
    }

    @Test
    void aFullDiskKeepsWhatWasCommitted() throws Exception {
        Path disk = Files.createDirectories(folder.resolve("disk"));
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", disk.toString()), "needs to mount a disk");
        try (ClusterProcesses cluster = jobs.cluster()) {
            jobs.finish(jobs.start(cluster, "whole"), "whole");
            String printed = jobs.fail(jobs.start(cluster, "disk/out"), "disk/out");
            assertTrue(printed.contains("No space left on device"), printed);
            assertTrue(printed.contains("finished rows are kept"), printed);
            long committed = jobs.committed("disk/out");
            assertTrue(committed > 0 && committed < ROWS, committed + " rows were committed");
            assertTrue(run("mount", "-o", "remount,size=64m", disk.toString()));
            assertCompleted(cluster, "disk/out", committed);
        } finally {
            run("umount", "-l", disk.toString());
        }
    }

    @Test
    void aLostModelFileKeepsWhatWasCommitted() throws Exception {
        Path model = folder.resolve("model.gguf");
        Files.copy(MODEL, model);
        String[] settings = {"--set", "model=" + model};
        try (ClusterProcesses cluster = jobs.cluster()) {
            jobs.finish(jobs.start(cluster, "whole", settings), "whole");
            Process job = jobs.start(cluster, "out", settings);
            JobProcesses.await(() -> jobs.committed("out") > 0);
            Files.move(model, folder.resolve("elsewhere.gguf"));
            // Executors that have the model go on; new ones do not find it.
            jobs.executors().forEach(ProcessHandle::destroyForcibly);
            String printed = jobs.fail(job, "out");
            assertTrue(printed.contains("model.gguf"), printed);
            assertTrue(printed.contains("finished rows are kept"), printed);
            String missing = jobs.refuse(jobs.start(cluster, "out", settings), "out");
            assertTrue(missing.contains("model.gguf"), missing);
            Files.move(folder.resolve("elsewhere.gguf"), model);
            assertCompleted(cluster, "out", jobs.committed("out"), settings);
        }
    }

    @Test
    void aCorruptInputFileKeepsWhatWasCommitted() throws Exception {
        Path input = Files.createDirectories(folder.resolve("in"));
        for (int file = 0; file < 6; file++) {
            Files.write(input.resolve("part-" + file + ".jsonl.gz"), lines(file));
        }
        String[] settings = {"--set", "input.path=" + input, "--set", "input.schema=id BIGINT, prompt STRING"};
        try (ClusterProcesses cluster = jobs.cluster()) {
            jobs.finish(jobs.start(cluster, "whole", settings), "whole");
            Path broken = input.resolve("part-4.jsonl.gz");
            Path kept = Files.copy(broken, folder.resolve("kept"), StandardCopyOption.REPLACE_EXISTING);
            byte[] bytes = Files.readAllBytes(broken);
            bytes[bytes.length / 2] ^= 0x55;
            Files.write(broken, bytes);
            String printed = jobs.fail(jobs.start(cluster, "out", settings), "out");
            assertTrue(printed.contains("part-4.jsonl.gz"), printed);
            Files.copy(kept, broken, StandardCopyOption.REPLACE_EXISTING);
            assertCompleted(cluster, "out", jobs.committed("out"), settings);
        }
    }

    @Test
    void aTaskThatFailsAtARowKeepsTheRowsBeforeIt() throws Exception {
        StringBuilder lines = new StringBuilder();
        for (int row = 0; row < ROWS; row++) {
            lines.append("{\"id\": %d, \"text\": \"row %d\"}%n".formatted(row, row));
        }
        Files.writeString(folder.resolve("in.jsonl"), lines);
        Path broken = Files.createFile(folder.resolve("broken"));
        Map<String, String> settings = Map.of(
                "spark.executor.memory",
                "600m",
                "spark.driver.host",
                "127.0.0.1",
                "spark.task.maxFailures",
                "3",
                "spark.executor.extraClassPath",
                System.getProperty("java.class.path"));
        try (ClusterProcesses cluster = jobs.cluster();
                SparkSession spark = SparkSessions.open(new SparkConfig(cluster.master(), "test", settings))) {
            JobFailedException failed =
                    assertThrows(JobFailedException.class, () -> inThisDriver(spark, "out", broken, "first"));
            assertTrue(failed.getMessage().contains("the engine is gone"), failed.getMessage());
            assertTrue(failed.getMessage().contains("finished rows are kept"), failed.getMessage());
            long committed = jobs.committed("out");
            // Other tasks of the failed job are told to end, and end when they come to it.
            for (long before = -1; before != committed; committed = jobs.committed("out")) {
                before = committed;
                Thread.sleep(2_000);
            }
            assertTrue(committed > 0 && committed < ROWS, committed + " rows");
            // Three attempts of a task compute again only what is not committed: the row and those under way with it.
            assertTrue(
                    computed("first").size() < ROWS + 3 * 8, computed("first").toString());
            Files.delete(broken);
            JobReport report = inThisDriver(spark, "out", broken, "second");
            assertEquals(committed, report.remarks().resumedRows());
            assertEquals(ROWS - committed, computed("second").size());
            inThisDriver(spark, "whole", broken, "third");
        }
        assertEquals(jobs.rows("whole"), jobs.rows("out"));
    }

    private JobReport inThisDriver(SparkSession spark, String output, Path broken, String run) throws IOException {
        String computed = Files.createDirectories(folder.resolve(run)).toString();
        Path file = Files.writeString(folder.resolve("job.yaml"), "{}");
        JobConfig config = new ConfigLoader()
                .load(
                        file,
                        List.of(
                                "model=" + MODEL,
                                "input.path=" + folder.resolve("in.jsonl"),
                                "input.id=id",
                                "prompt.column=text",
                                "output.path=" + folder.resolve(output),
                                "output.mode=resume",
                                "output.commit_rows=1"));
        return new GenerationJob(spark, config, BreakableRows.of(broken.toString(), computed))
                .run(new PrintStream(OutputStream.nullOutputStream()));
    }

    /** Prompts that engines of a run were asked for. */
    private List<String> computed(String run) throws IOException {
        List<String> prompts = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder.resolve(run))) {
            for (Path file : files.toList()) {
                prompts.addAll(Files.readAllLines(file));
            }
        }
        return prompts;
    }

    private void assertCompleted(ClusterProcesses cluster, String output, long committed, String... settings)
            throws Exception {
        String printed = jobs.finish(jobs.start(cluster, output, settings), output);
        assertEquals(jobs.rows("whole"), jobs.rows(output), printed);
        assertEquals(ROWS, jobs.rows(output).size());
        Resumed resumed = JobProcesses.resumed(printed);
        System.out.printf("%s: %d rows committed, %s%n", output, committed, resumed);
        assertTrue(resumed.before() >= committed, printed);
        assertTrue(resumed.before() == 0 || resumed.computed() == ROWS - resumed.before(), printed);
    }

    private static byte[] lines(int file) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            for (int row = 0; row < ROWS / 6; row++) {
                int id = file * 10 + row;
                out.write("{\"id\": %d, \"prompt\": \"Tell me about the number %d.\"}%n"
                        .formatted(id, id * 7919)
                        .getBytes(StandardCharsets.UTF_8));
            }
        }
        return bytes.toByteArray();
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    }
}
