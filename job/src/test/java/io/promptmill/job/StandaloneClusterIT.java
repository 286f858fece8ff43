package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shipped jar on a cluster of real processes, against one thread of one process. */
class StandaloneClusterIT {
    private static final Path ROOT =
            Path.of(System.getProperty("promptmill.root")).toAbsolutePath().normalize();
    private static final Path CLASS_PATH = Path.of(System.getProperty("promptmill.classpath"));
    private static final int ROWS = 60;

    private final Map<String, String> environment = new HashMap<>();

    @TempDir
    private Path folder;

    @Test
    void oneModelLoadForEachExecutorAndTheSameBytesAsOnOneThread() throws Exception {
        String printed;
        try (ClusterProcesses cluster = new ClusterProcesses(folder, Files.readString(CLASS_PATH), 2)) {
            printed = submit(
                    0,
                    "cluster",
                    "--master",
                    cluster.master(),
                    "--conf",
                    "spark.executor.memory=600m",
                    "--conf",
                    "spark.driver.host=127.0.0.1");
        }
        assertTrue(printed.matches("(?s).*model loads +2\n.*"), printed);
        assertTrue(printed.matches("(?s).*rows +" + ROWS + "\n.*"), printed);
        submit(0, "single");
        List<String> cluster = rows("cluster");
        assertEquals(ROWS, cluster.stream().distinct().count());
        assertEquals(rows("single"), cluster);
    }

    @Test
    void executorsThatComeWhenTasksWaitAndTasksOfTwoCores() throws Exception {
        String printed;
        try (ClusterProcesses cluster = new ClusterProcesses(folder, Files.readString(CLASS_PATH), 2, 2)) {
            printed = submit(
                    0,
                    "dynamic",
                    "--master",
                    cluster.master(),
                    "--conf",
                    "spark.executor.memory=600m",
                    "--conf",
                    "spark.executor.cores=2",
                    "--conf",
                    "spark.task.cpus=2",
                    "--conf",
                    "spark.dynamicAllocation.enabled=true",
                    "--conf",
                    "spark.dynamicAllocation.minExecutors=0",
                    "--conf",
                    "spark.dynamicAllocation.maxExecutors=2",
                    "--conf",
                    "spark.driver.host=127.0.0.1");
        }
        assertTrue(printed.matches("(?s).*model loads +[12]\n.*"), printed);
        List<String> loads = executorLines("Loaded promptmill-demo");
        assertTrue(!loads.isEmpty() && loads.stream().allMatch(line -> line.contains(" 2 threads,")), loads::toString);
        String local = submit(0, "whole", "--set", "spark.master=local[2]", "--set", "spark.spark.task.cpus=2");
        assertTrue(local.matches("(?s).*model loads +1\n.*") && local.contains(" 2 threads,"), local);
        List<String> rows = rows("dynamic");
        assertEquals(ROWS, rows.stream().distinct().count());
        assertEquals(rows("whole"), rows);
    }

    @Test
    void anExecutorThatCannotHoldOneRowIsRefusedBeforeItStarts() throws Exception {
        try (ClusterProcesses cluster = new ClusterProcesses(folder, Files.readString(CLASS_PATH), 1)) {
            String printed = submit(
                    2,
                    "small",
                    "--master",
                    cluster.master(),
                    "--conf",
                    "spark.executor.memory=600m",
                    "--conf",
                    "spark.driver.host=127.0.0.1",
                    "--set",
                    "engine.kv_cache_bytes=100000");
            assertTrue(printed.contains("one sequence of 256 tokens take 768.0 KiB"), printed);
            assertTrue(printed.contains("Set it to at least 786432, or engine.max_context to at most 32"), printed);
        }
        assertFalse(Files.exists(folder.resolve("small")));
    }

    @Test
    void aModelOfTheHubIsFetchedOnceForAHostAndThenNoMore() throws Exception {
        String cache = folder.resolve("cache").toString();
        environment.put("PROMPTMILL_CACHE", cache);
        Path model = ROOT.resolve("datasets/demo-model/promptmill-demo-q8_0.gguf");
        try (DemoHub hub = new DemoHub(Files.readAllBytes(model));
                ClusterProcesses cluster = new ClusterProcesses(folder, Files.readString(CLASS_PATH), 2)) {
            // The driver's alone: the executors are told where it looked.
            environment.put("HF_ENDPOINT", hub.endpoint());
            submit(
                    0,
                    "hub",
                    "--master",
                    cluster.master(),
                    "--conf",
                    "spark.executor.memory=600m",
                    "--conf",
                    "spark.driver.host=127.0.0.1",
                    "--conf",
                    "spark.executorEnv.PROMPTMILL_CACHE=" + cache,
                    "--set",
                    "model=org/demo:Q8_0");
            assertEquals(1, hub.downloads());
        }
        submit(0, "offline", "--set", "model=org/demo:Q8_0");
        List<String> rows = rows("hub");
        assertEquals(ROWS, rows.stream().distinct().count());
        assertEquals(rows, rows("offline"));
    }

    @Test
    void aBadConfigurationExitsWithTwoFromAnyFolder() throws Exception {
        String printed = submit(2, "refused", "--master", "local[1]", "--set", "sampling.temprature=1");
        assertTrue(printed.contains("sampling.temperature"), printed);
        assertFalse(Files.exists(folder.resolve("refused")));
    }

    @Test
    void theJarKeepsOthersClassesToItself() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jar").toString(),
                        "tf",
                        System.getProperty("promptmill.jar"))
                .redirectErrorStream(true)
                .start();
        List<String> names =
                new String(process.getInputStream().readAllBytes()).lines().toList();
        assertEquals(names.size(), names.stream().distinct().count());
        assertEquals(
                List.of(),
                names.stream()
                        .filter(name -> name.endsWith(".class"))
                        .filter(name -> !name.startsWith("io/promptmill/") && !name.startsWith("org/bytedeco/"))
                        .toList());
    }

    /** Runs the demo with sampling through submit.sh; options before {@code --set} are spark-submit's. */
    private String submit(int status, String output, String... options) throws IOException, InterruptedException {
        List<String> given = Arrays.asList(options);
        int settings = given.contains("--set") ? given.indexOf("--set") : given.size();
        List<String> command = new ArrayList<>(List.of(ROOT.resolve("submit.sh").toString()));
        command.addAll(given.subList(0, settings));
        command.addAll(List.of("run", "conf/demo.yaml", "--set", "output.path=" + folder.resolve(output)));
        command.addAll(List.of("--set", "sampling.temperature=0.8", "--set", "sampling.max_tokens=24"));
        command.addAll(List.of("--set", "spark.master=local[1]", "--set", "output.partitions=0"));
        command.addAll(given.subList(settings, given.size()));
        Path log = folder.resolve(output + ".log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(ROOT.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().remove("SPARK_HOME");
        builder.environment().put("PROMPTMILL_MEMORY", "1g");
        builder.environment().putAll(environment);
        Process process = builder.start();
        boolean ended = process.waitFor(300, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly();
        }
        String printed = Files.readString(log);
        assertTrue(ended, "still running:\n" + printed);
        assertEquals(status, process.exitValue(), printed);
        return printed;
    }

    /** Of the logs that workers keep of their executors. */
    private List<String> executorLines(String part) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(path -> path.endsWith("stderr")).toList()) {
                Files.readAllLines(file).stream()
                        .filter(line -> line.contains(part))
                        .forEach(found::add);
            }
        }
        return found;
    }

    private List<String> rows(String output) {
        SparkSession spark = SparkSessions.openForReading();
        try (Stream<String> rows =
                spark.read().parquet(folder.resolve(output).toString()).toJSON().collectAsList().stream()) {
            return rows.sorted().toList();
        } finally {
            spark.stop();
        }
    }
}
