package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.job.ErrorPolicy.OnError;
import io.promptmill.udf.engine.Completion;
import io.promptmill.udf.engine.FinishReason;
import io.promptmill.udf.engine.Request;
import io.promptmill.udf.spark.Flaw;
import io.promptmill.udf.spark.GenerateFunction;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EarlyStopTest {
    private static final Path MODEL = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");
    private static final ErrorPolicy ANY_ERRORS = new ErrorPolicy(OnError.KEEP, 1);
    private static SparkSession spark;

    @TempDir
    private Path folder;

    @BeforeAll
    static void openSession() {
        spark = SparkSessions.open(new SparkConfig(
                "local[2]",
                "test",
                Map.of("spark.executor.heartbeatInterval", "300ms", "spark.sql.shuffle.partitions", "2")));
    }

    @AfterAll
    static void closeSession() {
        spark.stop();
    }

    /** Completes so many rows with the flaw that their prompts name; those that follow never. */
    private static final class FlawedEngine extends EchoEngine {
        private static final int COMPLETED = 260;
        private static final AtomicInteger SEEN = new AtomicInteger();
        private static final RowFunctionFactory ROWS = (spec, input, metrics) ->
                new GenerateFunction(spec, input, metrics, (job, counts) -> new FlawedEngine());

        @Override
        public CompletableFuture<Completion> submit(Request request) {
            int[] prompt = request.promptTokens();
            return SEEN.incrementAndGet() > COMPLETED
                    ? new CompletableFuture<>()
                    : CompletableFuture.completedFuture(flawed(new String(prompt, 0, prompt.length), prompt.length));
        }

        private static Completion flawed(String prompt, int tokens) {
            return switch (prompt.split(" ")[0]) {
                case "empty" -> new Completion(" \n", FinishReason.STOP, tokens, 1, null);
                case "length" -> new Completion("and so", FinishReason.LENGTH, tokens, 2, null);
                case "repetition" -> new Completion("ha ha\nha", FinishReason.REPETITION, tokens, 3, null);
                case "invalid" -> Completion.failed("refused", tokens);
                default -> new Completion("fine", FinishReason.STOP, tokens, 1, null);
            };
        }
    }

    private static EarlyStop policy(String json, ErrorPolicy errors) throws IOException {
        return EarlyStop.of(json == null ? null : new ObjectMapper().readTree(json), errors);
    }

    private static FlawCounts counts(long rows, Flaw flaw, long flawed) {
        return new FlawCounts(rows, Map.of(flaw, flawed));
    }

    @Test
    void theDefaultsEndJobsOfWhichNearlyAllIsEmptyOrLoops() throws IOException {
        EarlyStop usual = policy(null, ANY_ERRORS);
        for (Flaw flaw : List.of(Flaw.EMPTY, Flaw.REPETITION)) {
            assertEquals(Optional.empty(), usual.judge(counts(199, flaw, 199)), "too few rows");
            assertEquals(Optional.empty(), usual.judge(counts(200, flaw, 190)));
            assertEquals(Optional.of(flaw), usual.judge(counts(200, flaw, 191)));
        }
        for (Flaw flaw : List.of(Flaw.LENGTH, Flaw.INVALID)) {
            assertEquals(Optional.empty(), usual.judge(counts(10_000, flaw, 10_000)));
        }
        assertEquals(
                "191 of 200 rows have an empty completion, more than stop_early.empty 0.95 allows: check the prompt, the"
                        + " chat template and sampling.stop, or set stop_early.empty to 1 to go on all the same",
                usual.reason(counts(200, Flaw.EMPTY, 191), Flaw.EMPTY));
    }

    @Test
    void limitsAreTheUsersOwnAndOneIsNever() throws IOException {
        EarlyStop own = policy("{\"after_rows\": 10, \"length\": 0.5, \"empty\": 1, \"invalid\": 0.2}", ANY_ERRORS);
        assertEquals(Optional.of(Flaw.LENGTH), own.judge(counts(10, Flaw.LENGTH, 6)));
        assertEquals(Optional.empty(), own.judge(counts(10, Flaw.EMPTY, 10)));
        assertEquals(Optional.of(Flaw.INVALID), own.judge(counts(10, Flaw.INVALID, 3)));
        assertEquals(1, own.warnings(counts(5, Flaw.LENGTH, 5)).size());
        assertEquals(List.of(), own.warnings(counts(5, Flaw.INVALID, 5)));
    }

    @Test
    void errorsEndAJobAsTheirPolicySays() throws IOException {
        EarlyStop usual = policy(null, new ErrorPolicy(OnError.KEEP, 0.3));
        assertEquals(Optional.empty(), usual.judge(counts(100, Flaw.INVALID, 99)));
        assertEquals(Optional.of(Flaw.INVALID), usual.judge(counts(200, Flaw.INVALID, 61)));
        assertTrue(usual.reason(counts(200, Flaw.INVALID, 61), Flaw.INVALID).contains("max_error_fraction 0.3"));
        EarlyStop strict = policy("{\"invalid\": 0.9}", new ErrorPolicy(OnError.FAIL, 1));
        assertEquals(Optional.of(Flaw.INVALID), strict.judge(counts(1, Flaw.INVALID, 1)));
        assertTrue(strict.reason(counts(1, Flaw.INVALID, 1), Flaw.INVALID).contains("on_error is fail"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            empty      |                       | rows have an empty completion, more than stop_early.empty 0.95 | stop, " " after "empty
            length     | stop_early.length=0.9 | rows are cut off at the limit of tokens | length, "and so" after "length
            invalid    | max_error_fraction=0.5 | rows have an error, more than max_error_fraction | refused
            """)
    void aJobThatGivesNothingOfUseEndsWithExamples(String flaw, String setting, String reason, String example)
            throws IOException {
        write(flaw, 2_000);
        String[] settings = setting == null ? new String[0] : new String[] {setting};
        JobFailedException failed = assertThrows(JobFailedException.class, () -> run(FlawedEngine.ROWS, settings));
        String[] words = failed.getMessage().split(" ", 4);
        assertEquals(words[0], words[2], "all that came: " + failed.getMessage());
        assertTrue(Integer.parseInt(words[0]) >= 200 && words[3].startsWith(reason), failed.getMessage());
        assertTrue(failed.getMessage().contains("(nothing was written to "), failed.getMessage());
        List<String> lines = failed.getMessage().lines().toList();
        assertEquals("for example", lines.get(1));
        assertEquals(5, lines.size(), failed.getMessage());
        for (String line : lines.subList(2, 5)) {
            assertTrue(line.startsWith("  id ") && line.contains(": " + example), line);
        }
        assertFalse(Files.exists(folder.resolve("out")));
    }

    @Test
    void whatWasFinishedIsKeptForAResumedJob() throws IOException {
        write("empty", 600);
        String[] resume = {"output.mode=resume", "output.commit_rows=50"};
        JobFailedException failed = assertThrows(JobFailedException.class, () -> run(FlawedEngine.ROWS, resume));
        assertTrue(failed.getMessage().contains("finished rows are kept"), failed.getMessage());
        JobReport report = run(EchoEngine.ROWS, resume);
        assertEquals(600, report.rows());
        assertTrue(report.remarks().resumedRows() >= 100, report.remarks().resumedRows() + " rows");
        assertEquals(report.remarks().resumedRows(), report.flaws().of(Flaw.EMPTY));
    }

    @Test
    void aJobThatIsDoneTellsOfItsFlaws() throws IOException {
        write("empty", 100);
        JobReport report = run(FlawedEngine.ROWS);
        assertEquals(100, report.flaws().of(Flaw.EMPTY));
        assertEquals(0, report.flaws().of(Flaw.LENGTH));
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        report.print(new PrintStream(printed, true, StandardCharsets.UTF_8));
        String text = printed.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("empty        100 completions"), text);
        assertTrue(text.contains("warning      100 of 100 rows have an empty completion"), text);
        assertFalse(text.contains("looping"), text);
        assertTrue(Files.readString(folder.resolve("out/_promptmill.json")).contains("\"empty\" : 100"));
    }

    @Test
    void labelsAreNoCompletions() throws IOException {
        Files.writeString(folder.resolve("in.jsonl"), "{\"id\": 1, \"text\": \"a a b\", \"completion\": \"\"}\n");
        JobReport report = run(FlawedEngine.ROWS, "task=label", "label.choices=[a, b]");
        assertEquals(0, report.flaws().of(Flaw.EMPTY));
        assertEquals(List.of(), report.remarks().warnings());
    }

    private void write(String flaw, int rows) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int id = 0; id < rows; id++) {
            text.append("{\"id\": %d, \"text\": \"%s %d\"}\n".formatted(id, flaw, id));
        }
        Files.writeString(folder.resolve("in.jsonl"), text);
    }

    private JobReport run(RowFunctionFactory rows, String... settings) throws IOException {
        FlawedEngine.SEEN.set(0);
        Path file = folder.resolve("job.yaml");
        Files.writeString(
                file,
                "model: %s\ninput: {path: \"%s\", id: id}\nprompt: {column: text}\noutput: {path: \"%s\"}\n"
                        .formatted(MODEL.toAbsolutePath(), folder.resolve("in.jsonl"), folder.resolve("out")));
        JobConfig config = new ConfigLoader().load(file, Arrays.asList(settings));
        return new GenerationJob(spark, config, rows).run(new PrintStream(new ByteArrayOutputStream()));
    }
}
