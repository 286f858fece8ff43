package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.sampler.SamplingParameters;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The engine in a JVM that has neither Spark nor Hadoop nor Scala, and without the vector module. */
class WithoutSparkTest {
    private static final String DEMO = "../datasets/demo-model/promptmill-demo-q8_0.gguf";

    @Test
    void theEngineRunsFromAPlainMain() throws Exception {
        String plain = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.matches(".*[/\\\\](spark|hadoop|scala)-[^/\\\\]*\\.jar"))
                .collect(Collectors.joining(File.pathSeparator));
        String vector = run("--add-modules=jdk.incubator.vector", "-cp", plain);
        assertTrue(vector.contains("sparkless"), vector);
        // Without the flag: scalar kernels, the same text.
        assertEquals(completionLine(vector), completionLine(run("-cp", plain)));
    }

    private static String run(String... options) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.add(PlainMain.class.getName());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), output);
        return output;
    }

    private static String completionLine(String output) {
        return output.lines()
                .filter(line -> line.startsWith("Completion["))
                .findFirst()
                .orElse("none in " + output);
    }

    /** Completes one prompt. */
    static final class PlainMain {
        public static void main(String[] arguments) throws Exception {
            try {
                Class.forName("org.apache.spark.SparkContext");
            } catch (ClassNotFoundException e) {
                System.out.println("sparkless");
            }
            try (Engine engine = Engine.open(Path.of(DEMO), EngineConfig.DEFAULT)) {
                System.out.println(engine.submit(new Request(
                                "row", engine.encoder().encodeText("Once upon a time"), SamplingParameters.DEFAULT))
                        .get());
            }
        }
    }
}
