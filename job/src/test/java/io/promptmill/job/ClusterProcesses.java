package io.promptmill.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A standalone Spark cluster on this machine: a master and workers, a JVM each, from the jars that Maven fetched. */
final class ClusterProcesses implements AutoCloseable {
    private static final Pattern MASTER = Pattern.compile("Starting Spark master at (spark://\\S+)");
    private static final Pattern REGISTERED = Pattern.compile("Successfully registered with master");
    private static final long PATIENCE_SECONDS = 60;

    private final Path folder;
    private final String classPath;
    private final List<Process> processes = new ArrayList<>();
    private final String master;

    /**
     * @param folder for logs, working files and a Spark home of links
     * @param classPath of Spark
     */
    ClusterProcesses(Path folder, String classPath, int workers) throws IOException, InterruptedException {
        this(folder, classPath, workers, 1);
    }

    /** As above, with so many cores for each worker. */
    ClusterProcesses(Path folder, String classPath, int workers, int cores) throws IOException, InterruptedException {
        this.folder = folder;
        this.classPath = classPath;
        Path jars = Files.createDirectories(folder.resolve("spark/jars"));
        for (String jar : classPath.split(":")) {
            Path link = jars.resolve(Path.of(jar).getFileName());
            if (!Files.exists(link)) {
                Files.createSymbolicLink(link, Path.of(jar));
            }
        }
        try {
            master = start("master", MASTER, "org.apache.spark.deploy.master.Master");
            for (int i = 0; i < workers; i++) {
                String name = "worker-" + i;
                start(
                        name,
                        REGISTERED,
                        "org.apache.spark.deploy.worker.Worker",
                        "--cores",
                        Integer.toString(cores),
                        "--memory",
                        "1g",
                        "--work-dir",
                        folder.resolve(name).toString(),
                        master);
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Address of the master, {@code spark://...}. */
    String master() {
        return master;
    }

    @Override
    public void close() {
        for (Process process : processes) {
            process.destroy();
        }
        for (Process process : processes) {
            try {
                if (!process.waitFor(10, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Starts a daemon and waits for a line in its log; answers the line's group, or the line. */
    private String start(String name, Pattern ready, String type, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                classPath,
                type,
                "--host",
                "127.0.0.1",
                "--port",
                "0",
                "--webui-port",
                "0"));
        command.addAll(List.of(arguments));
        Path log = folder.resolve(name + ".log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("SPARK_HOME", folder.resolve("spark").toString());
        // A Spark home without its RELEASE file is taken for a source tree, whose build folder tells the Scala version.
        builder.environment().put("SPARK_SCALA_VERSION", "2.13");
        Process process = builder.start();
        processes.add(process);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() < deadline && process.isAlive()) {
            Matcher matcher = ready.matcher(Files.readString(log));
            if (matcher.find()) {
                return matcher.group(matcher.groupCount());
            }
            Thread.sleep(100);
        }
        throw new IOException(name + " did not come up:\n" + Files.readString(log));
    }
}
