package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;

/** Resumable jobs of processes of their own, through submit.sh, whose outputs lie in one folder. */
final class JobProcesses {
    private static final Path ROOT =
            Path.of(System.getProperty("promptmill.root")).toAbsolutePath().normalize();
    private static final Pattern RESUMED =
            Pattern.compile("resumed +([\\d,]+) rows were finished before, ([\\d,]+) computed now");

    /**
     * What a run has told of its rows.
     *
     * @param before rows that earlier runs had finished
     * @param computed rows that this one has computed; -1: not told, because all are
     */
    record Resumed(long before, long computed) {}

    private final Path folder;

    JobProcesses(Path folder) {
        this.folder = folder;
    }

    ClusterProcesses cluster() throws IOException, InterruptedException {
        return new ClusterProcesses(folder, Files.readString(Path.of(System.getProperty("promptmill.classpath"))), 2);
    }

    /**
     * Begins the job, whose rows are sampled, so that equal bytes are no matter of course.
     *
     * @param cluster or null: in one process
     * @param options of spark-submit, then, from {@code --set} on, of the job
     */
    Process start(ClusterProcesses cluster, String output, String... options) throws IOException {
        List<String> given = Arrays.asList(options);
        int settings = given.contains("--set") ? given.indexOf("--set") : given.size();
        List<String> command = new ArrayList<>(List.of(ROOT.resolve("submit.sh").toString()));
        if (cluster != null) {
            command.addAll(List.of("--master", cluster.master(), "--conf", "spark.executor.memory=600m"));
            command.addAll(List.of("--conf", "spark.driver.host=127.0.0.1"));
            // The driver computes nothing; most of its time is its start.
            command.addAll(List.of("--driver-java-options", "-XX:TieredStopAtLevel=1"));
        }
        command.addAll(given.subList(0, settings));
        command.addAll(List.of("run", "conf/demo.yaml"));
        for (String setting : List.of(
                "output.path=" + folder.resolve(output),
                "output.mode=resume",
                "output.commit_rows=2",
                "sampling.temperature=0.8",
                "sampling.max_tokens=40")) {
            command.addAll(List.of("--set", setting));
        }
        command.addAll(given.subList(settings, given.size()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(ROOT.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log(output).toFile());
        builder.environment().remove("SPARK_HOME");
        builder.environment().put("PROMPTMILL_MEMORY", "1g");
        return builder.start();
    }

    String finish(Process process, String output) throws IOException, InterruptedException {
        return end(process, output, 0);
    }

    /** What the process has printed before it failed, as it has to. */
    String fail(Process process, String output) throws IOException, InterruptedException {
        return end(process, output, 1);
    }

    /** What the process has printed before it refused the job, as it has to. */
    String refuse(Process process, String output) throws IOException, InterruptedException {
        return end(process, output, 2);
    }

    private String end(Process process, String output, int status) throws IOException, InterruptedException {
        boolean ended = process.waitFor(180, TimeUnit.SECONDS);
        process.destroyForcibly();
        String printed = Files.readString(log(output));
        assertTrue(ended, "still running:\n" + printed);
        assertEquals(status, process.exitValue(), printed);
        return printed;
    }

    static Resumed resumed(String printed) {
        Matcher resumed = RESUMED.matcher(printed);
        return resumed.find() ? new Resumed(count(resumed.group(1)), count(resumed.group(2))) : new Resumed(0, -1);
    }

    /** The executors that workers of this test have started. */
    List<ProcessHandle> executors() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains("CoarseGrainedExecutorBackend"))
                        .isPresent())
                .toList();
    }

    long committed(String output) {
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

    static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
            Thread.sleep(50);
        }
        assertTrue(condition.getAsBoolean(), "nothing came of it in two minutes");
    }

    private Path log(String output) {
        return folder.resolve(output.replace('/', '-') + ".log");
    }

    private static long count(String printed) {
        return Long.parseLong(printed.replace(",", ""));
    }

    /** Every row as JSON, in the order of the file: an output has the order of its input. */
    List<String> rows(String output) {
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
