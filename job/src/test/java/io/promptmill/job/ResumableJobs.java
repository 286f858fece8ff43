package io.promptmill.job;

import io.promptmill.udf.engine.Completion;
import io.promptmill.udf.engine.Request;
import io.promptmill.udf.spark.GenerateFunction;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Jobs with a resumable output, through an engine that echoes and can be told to fail. */
abstract class ResumableJobs {
    private static final String MODEL = "../datasets/demo-model/promptmill-demo-q8_0.gguf";
    static final ConcurrentLinkedQueue<String> COMPUTED = new ConcurrentLinkedQueue<>();
    static volatile String crashingPrompt;
    static volatile boolean repaired;
    static SparkSession spark;

    @TempDir
    Path folder;

    @BeforeAll
    static void openSession() {
        spark = SparkSessions.open(new SparkConfig("local[2,3]", "test", Map.of("spark.sql.shuffle.partitions", "2")));
    }

    @AfterAll
    static void closeSession() {
        spark.stop();
    }

    @BeforeEach
    void reset() {
        COMPUTED.clear();
        crashingPrompt = null;
        repaired = false;
    }

    /** Echoes, writes down what it has computed, and breaks where it is told to. */
    private static final class BreakableEngine extends EchoEngine {
        @Override
        public CompletableFuture<Completion> submit(Request request) {
            String prompt = new String(request.promptTokens(), 0, request.promptTokens().length);
            if (prompt.equals(crashingPrompt)) {
                return CompletableFuture.failedFuture(new IllegalStateException("the engine is gone"));
            }
            COMPUTED.add(prompt);
            return repaired && prompt.contains("refuse")
                    ? super.submit(new Request(
                            request.rowId(),
                            prompt.replace("refuse", "accept").codePoints().toArray(),
                            request.sampling(),
                            request.adapter(),
                            request.options()))
                    : super.submit(request);
        }
    }

    JobReport run(String... settings) throws IOException {
        JobConfig config = new ConfigLoader().load(jobFile(), settings(settings));
        return new GenerationJob(spark, config, factory(), false).run(silent());
    }

    List<String> settings(String... settings) {
        List<String> all = new ArrayList<>(List.of(
                "model=" + MODEL,
                "input.path=" + folder.resolve("in.jsonl"),
                "prompt.column=text",
                "output.path=" + folder.resolve("out"),
                "output.mode=resume"));
        all.addAll(List.of(settings));
        return all;
    }

    Path jobFile() throws IOException {
        return Files.writeString(folder.resolve("job.yaml"), "{}");
    }

    static RowFunctionFactory factory() {
        return (spec, input, metrics) ->
                new GenerateFunction(spec, input, metrics, (job, counts) -> new BreakableEngine());
    }

    void writeRows(String name, int from, int to) throws IOException {
        StringBuilder rows = new StringBuilder();
        for (int i = from; i < to; i++) {
            rows.append("{\"id\": ")
                    .append(i)
                    .append(", \"text\": \"row ")
                    .append(i)
                    .append("\"}\n");
        }
        write(name, rows.toString());
    }

    void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    Stream<Row> read() {
        return spark.read().parquet(folder.resolve("out").toString()).collectAsList().stream();
    }

    List<String> rows() {
        return rows("out");
    }

    List<String> rows(String output) {
        return spark.read().parquet(folder.resolve(output).toString()).toJSON().collectAsList();
    }

    List<Path> parts() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("out"))) {
            return files.filter(path -> path.getFileName().toString().startsWith("part-"))
                    .sorted()
                    .toList();
        }
    }

    List<String> files() throws IOException {
        return parts().stream().map(Path::toString).toList();
    }

    long committed() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("out/_promptmill/commits"))) {
            return files.map(path -> path.getFileName().toString())
                    .filter(name -> !name.endsWith(".crc"))
                    .mapToLong(name -> Long.parseLong(name.replaceAll(".*\\.r(\\d+)\\..*", "$1")))
                    .sum();
        }
    }

    /** A task that is told to end goes on to its next row. */
    static void awaitTasksOfTheFailedRun() {
        while (spark.sparkContext().statusTracker().getExecutorInfos()[0].numRunningTasks() > 0) {
            Thread.onSpinWait();
        }
    }

    static PrintStream silent() {
        return new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    }
}
