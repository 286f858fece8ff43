package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.prompt.ChatMessage;
import io.promptmill.udf.sampler.SamplingParameters;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Files that lie, loaded as a job loads them: each is refused by name, or loads and serves, or gives its rows an error
 * that says why. The process and its memory survive.
 */
class ConformanceHostileTest {
    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final Duration RENDER_LIMIT = Duration.ofSeconds(1);
    private static final List<String> REFUSED = new ArrayList<>();
    private static final List<String> SERVED = new ArrayList<>();
    private static final List<String> ROW_ERRORS = new ArrayList<>();

    @TestFactory
    List<DynamicTest> everyFile() throws IOException {
        List<Path> files = ConformanceData.files("hostile", ".gguf");
        Assumptions.assumeFalse(files.isEmpty(), "no folder 'hostile'");
        JsonNode index = new ObjectMapper()
                .readTree(files.get(0).resolveSibling("index.json").toFile());
        return files.stream()
                .map(file -> {
                    String name = file.getFileName().toString().replace(".gguf", "");
                    String fault = index.path(name).asText();
                    return DynamicTest.dynamicTest(
                            name + ": " + fault,
                            () -> assertTimeoutPreemptively(LIMIT, () -> check(file, name, fault)));
                })
                .toList();
    }

    /** The same files once more in a small heap: nothing a file says may make the JVM run out of memory. */
    @Test
    void survivesInASmallHeap() throws Exception {
        List<Path> files = ConformanceData.files("hostile", ".gguf");
        Assumptions.assumeFalse(files.isEmpty(), "no folder 'hostile'");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "--add-modules=jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                OpenAll.class.getName()));
        files.forEach(file -> command.add(file.toString()));
        Path output = Files.createTempFile("hostile", ".txt");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertTrue(process.waitFor(2, TimeUnit.MINUTES), "still running");
        String text = Files.readString(output);
        assertEquals(0, process.exitValue(), text);
        assertTrue(text.contains(files.size() + " files"), text);
        Files.delete(output);
    }

    @AfterAll
    static void report() {
        System.out.println("Hostile models: " + REFUSED.size() + " refused, " + ROW_ERRORS.size() + " with row errors "
                + ROW_ERRORS + ", " + SERVED.size() + " served " + SERVED + ", heap of "
                + (ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getMax() >> 20) + " MiB");
    }

    private static void check(Path file, String name, String fault) throws Exception {
        EngineConfig config = new EngineConfig(1, 16, 4, 128, 8 << 20, true, "auto", "auto");
        try (Engine engine = Engine.open(file, config)) {
            if (name.startsWith("template")) {
                assertTimeoutPreemptively(RENDER_LIMIT, () -> assertRefusesChat(engine));
                ROW_ERRORS.add(name);
            }
            Completion completion = engine.submit(new Request("a", new int[] {5, 6, 7}, SamplingParameters.DEFAULT))
                    .get();
            if (name.startsWith("weights")) {
                assertEquals(FinishReason.ERROR, completion.finishReason(), fault);
                assertNotNull(completion.error());
                ROW_ERRORS.add(name);
            } else if (!name.startsWith("template")) {
                assertTrue(completion.error() == null || !completion.error().isBlank(), fault);
                SERVED.add(name);
            }
        } catch (ModelFileException e) {
            assertTrue(e.getMessage().contains(file.getFileName().toString()), e.getMessage());
            assertTrue(
                    e.getMessage().length() < 2_000,
                    "a message of " + e.getMessage().length() + " characters");
            REFUSED.add(name);
        }
    }

    private static void assertRefusesChat(Engine engine) {
        try {
            engine.encoder()
                    .encodeChat(List.of(new ChatMessage("user", "hello")), LocalDateTime.of(2026, 1, 31, 9, 30));
        } catch (RequestException e) {
            assertNotNull(e.getMessage());
            return;
        }
        throw new AssertionError("the template rendered");
    }

    /** Summarises every file as {@code inspect} does. */
    static final class OpenAll {
        public static void main(String[] files) {
            int refused = 0;
            for (String file : files) {
                try {
                    ModelSummary.of(new File(file).toPath());
                } catch (ModelFileException e) {
                    refused++;
                }
            }
            System.out.println(files.length + " files, " + refused + " refused");
        }
    }
}
