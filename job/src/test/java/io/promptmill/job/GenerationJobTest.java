package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.DataException;
import io.promptmill.udf.error.PromptmillException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way of rows from files to files, with an engine that echoes. */
class GenerationJobTest {
    private static final String MODEL = "../datasets/demo-model/promptmill-demo-q8_0.gguf";
    private static SparkSession spark;

    @TempDir
    private Path folder;

    @BeforeAll
    static void openSession() {
        spark = SparkSessions.open(new SparkConfig("local[2]", "test", Map.of()));
    }

    @AfterAll
    static void closeSession() {
        spark.stop();
    }

    @Test
    void everyRowOnceWithItsColumnsAndItsErrors() throws IOException {
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            String text = i == 7 || i == 9 ? "refuse " + i : "row " + i;
            rows.append("{\"id\": ")
                    .append(i)
                    .append(", \"text\": \"")
                    .append(text)
                    .append("\"}\n");
        }
        write("in.jsonl", rows + "{\"id\": 40}\n");
        JobReport report = run("in.jsonl");
        assertEquals(41, report.rows());
        assertEquals(3, report.errors());
        assertEquals(2L, report.reasons().get("refused"));
        Map<Long, Row> byId = read().collect(Collectors.toMap(row -> row.getAs("id"), row -> row));
        assertEquals(41, byId.size());
        assertEquals("ROW 12", byId.get(12L).getAs("completion"));
        assertEquals("row 12", byId.get(12L).getAs("text"));
        assertEquals("refused", byId.get(9L).getAs("error"));
        assertTrue(byId.get(40L).<String>getAs("error").contains("null"));
        assertEquals(rowTokens(byId), report.tokens().completion());
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        report.print(new PrintStream(printed, true, StandardCharsets.UTF_8));
        assertTrue(printed.toString(StandardCharsets.UTF_8).contains("2 x refused"), printed.toString());
    }

    @Test
    void idsThatRowsShareAreTold() throws IOException {
        write("in.jsonl", "{\"id\": 1, \"text\": \"a\"}\n{\"id\": 2, \"text\": \"b\"}\n{\"id\": 1, \"text\": \"c\"}\n");
        JobReport report = run("in.jsonl", "input.id=id");
        assertEquals(3, report.rows());
        assertEquals(
                List.of("2 rows share 1 ids of column 'id', such as '1'; all are in the output"),
                report.remarks().warnings());
    }

    @Test
    void errorsAreKeptDroppedOrTheEndOfTheJob() throws IOException {
        write("in.jsonl", "{\"text\": \"a\"}\n{\"text\": \"refuse\"}\n{\"text\": \"b\"}\n");
        for (String mode : List.of("error", "resume")) {
            String output = "output.path=" + path(mode);
            JobReport dropped = run("in.jsonl", "on_error=drop", "output.mode=" + mode, output);
            assertEquals(2, dropped.rows());
            assertEquals(1, dropped.remarks().droppedRows());
            assertEquals(2, spark.read().parquet(path(mode)).count());
        }
        JobFailedException failed = assertThrows(JobFailedException.class, () -> run("in.jsonl", "on_error=fail"));
        assertMentions(failed.getMessage(), "1 of 3 rows", "on_error is fail");
        JobFailedException tooMany =
                assertThrows(JobFailedException.class, () -> run("in.jsonl", "max_error_fraction=0.3"));
        assertMentions(tooMany.getMessage(), "1 of 3 rows", "max_error_fraction 0.3");
        assertFalse(Files.exists(folder.resolve("out")));
        assertNothingHidden();
        assertEquals(3, run("in.jsonl", "max_error_fraction=0.4").rows());
        assertMentions(refusal("in.jsonl", "on_error=ignore"), "keep, drop, fail");
    }

    @Test
    void theOutputSaysHowItWasMade() throws Exception {
        write("in.jsonl", "{\"text\": \"a\"}\n{\"text\": \"refuse\"}\n");
        String sha256 = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(Path.of(MODEL))));
        for (String mode : List.of("error", "resume")) {
            run("in.jsonl", "output.mode=" + mode, "output.path=" + path(mode));
            assertMentions(
                    Files.readString(folder.resolve(mode + "/_promptmill.json")),
                    "\"sha256\" : \"" + sha256 + "\"",
                    "\"spark\" : \"" + spark.version() + "\"",
                    "\"sampling.max_tokens\" : ",
                    "\"rows\" : 2",
                    "\"errors\" : 1");
            String inParquet = spark.read()
                    .parquet(path(mode))
                    .schema()
                    .apply("completion")
                    .metadata()
                    .getString("promptmill");
            assertMentions(inParquet, sha256, "chat_template_sha256");
        }
    }

    @Test
    void theSummaryCountsCopiedRowsAndSharedTokens() {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        new JobReport(
                        FlawCounts.NONE,
                        new JobReport.Tokens(400, 9),
                        Map.of(),
                        new JobReport.EngineWork(5_000, 1, 1_234, 100),
                        2,
                        "out",
                        "",
                        JobReport.Remarks.NONE)
                .print(new PrintStream(printed, true, StandardCharsets.UTF_8));
        assertTrue(printed.toString(StandardCharsets.UTF_8).contains("copied       1,234 rows"), printed.toString());
        assertTrue(
                printed.toString(StandardCharsets.UTF_8).contains("shared       100 prompt tokens not computed"),
                printed.toString());
    }

    @Test
    void figuresLieBesideTheRowsAndInTheSummary() throws IOException {
        write("in.jsonl", """
                {"text": "a", "gold": "A"}
                {"text": "b", "gold": "b"}
                {"text": "refuse", "gold": "R"}
                {"text": "c", "gold": null}
                """);
        JobReport report = run("in.jsonl", "evaluate.column=gold");
        assertEquals(
                new Outcomes(1, 0, 1, 0, 2, 1), report.remarks().evaluation().outcomes());
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        report.print(new PrintStream(printed, true, StandardCharsets.UTF_8));
        assertMentions(
                printed.toString(StandardCharsets.UTF_8),
                "evaluation   completion against gold",
                "2 of 4 rows; 1 with an error, 0 abstained, 1 without right answer",
                "50.0% of the evaluated rows (1), coverage 66.7%");
        String json = Files.readString(folder.resolve("out/_evaluation.json"));
        assertEquals(report.remarks().evaluation().json(), json);
        assertMentions(json, "\"rows_evaluated\" : 2", "\"accuracy\" : 0.5");
        assertEquals(4, spark.read().parquet(path("out")).count());
        run("in.jsonl", "evaluate.column=gold", "output.mode=append");
        run("in.jsonl", "output.mode=append");
        assertEquals(12, spark.read().parquet(path("out")).count());
        assertEquals(json, Files.readString(folder.resolve("out/_evaluation-2.json")));
        assertFalse(Files.exists(folder.resolve("out/_evaluation-3.json")));
        run("in.jsonl", "output.mode=overwrite");
        assertFalse(Files.exists(folder.resolve("out/_evaluation.json")));
        assertNothingHidden();
    }

    @Test
    void rightAnswersThatCannotBeComparedAreRefusedBeforeAnyWork() throws IOException {
        write("in.jsonl", "{\"text\": \"a\", \"gold\": 5}\n");
        assertMentions(refusal("in.jsonl", "evaluate.column=gould"), "evaluate.column", "gould", "gold", "text");
        assertMentions(refusal("in.jsonl", "evaluate.column=gold"), "'gold' is of type bigint", "input.schema");
        assertFalse(Files.exists(folder.resolve("out")));
        assertEquals(
                1,
                run("in.jsonl", "evaluate.column=gold", "input.schema=text STRING, gold STRING")
                        .remarks()
                        .evaluation()
                        .outcomes()
                        .evaluated());
        write("nothing.jsonl", "");
        JobReport empty = run("nothing.jsonl", "evaluate.column=gold", "output.mode=overwrite");
        assertEquals(Outcomes.NONE, empty.remarks().evaluation().outcomes());
        assertTrue(Files.exists(folder.resolve("out/_evaluation.json")));
    }

    @Test
    void readsEveryFormat() throws IOException {
        write("in.csv", "id,text\n1,\"a \"\"quoted\"\"\nline\"\n2,b\n");
        run("in.csv");
        assertEquals(List.of("A \"QUOTED\"\nLINE", "B"), completions());
        write("lines.json", "{\"text\": \"c\"}\n{\"text\": \"d\"}\n");
        run("lines.json", "output.mode=overwrite");
        assertEquals(List.of("C", "D"), completions());
        write("document.json", "[\n{\"text\": \"e\"},\n {\"text\": \"f\"}]\n");
        run("document.json", "output.mode=overwrite");
        assertEquals(List.of("E", "F"), completions());
        write("in.txt", "g\nh\n");
        run("in.txt", "output.mode=overwrite", "prompt.column=value");
        assertEquals(List.of("G", "H"), completions());
        spark.read().text(path("in.txt")).write().parquet(path("table"));
        run("table", "output.mode=overwrite", "prompt.column=value", "output.format=jsonl");
        assertEquals(
                List.of("G", "H"),
                spark.read().json(path("out")).collectAsList().stream()
                        .map(row -> row.<String>getAs("completion"))
                        .sorted()
                        .toList());
    }

    @Test
    void anEmptyInputGivesAnEmptyTable() throws IOException {
        write("header.csv", "id,text\n");
        assertEquals(0, run("header.csv").rows());
        assertEquals(
                List.of(
                        "id",
                        "text",
                        "completion",
                        "finish_reason",
                        "prompt_tokens",
                        "completion_tokens",
                        "error",
                        "error_category",
                        "attempts"),
                List.of(spark.read().parquet(path("out")).columns()));
        write("empty.jsonl", "");
        assertEquals(0, run("empty.jsonl", "output.mode=overwrite").rows());
        assertEquals("text", spark.read().parquet(path("out")).columns()[0]);
        assertEquals(0, read().count());
    }

    @Test
    void aFailedJobLeavesTheOldOutput() throws IOException {
        write("good.jsonl", "{\"text\": \"old\"}\n");
        write("bad.jsonl", "{\"text\": \"new\"}\n{\"text\": \"crash\"}\n");
        run("good.jsonl");
        JobFailedException failure =
                assertThrows(JobFailedException.class, () -> run("bad.jsonl", "output.mode=overwrite"));
        assertTrue(failure.getMessage().contains("nothing was written"), failure.getMessage());
        assertEquals(List.of("OLD"), completions());
        assertThrows(JobFailedException.class, () -> run("bad.jsonl", "output.path=" + path("fresh")));
        assertFalse(Files.exists(folder.resolve("fresh")));
        assertNothingHidden();
    }

    @Test
    void modesOfOutput() throws IOException {
        write("a.jsonl", "{\"text\": \"a\"}\n");
        write("b.jsonl", "{\"text\": \"b\"}\n");
        write("other.jsonl", "{\"text\": \"b\", \"more\": 1}\n");
        run("a.jsonl");
        String exists = refusal("b.jsonl", "output.mode=error");
        assertTrue(exists.contains("exists") && exists.contains("overwrite"), exists);
        run("b.jsonl", "output.mode=append");
        assertEquals(List.of("A", "B"), completions());
        String columns = refusal("other.jsonl", "output.mode=append");
        assertTrue(columns.contains("more BIGINT"), columns);
        run("b.jsonl", "output.mode=overwrite");
        assertEquals(List.of("B"), completions());
        assertNothingHidden();
    }

    @Test
    void aJobOfWhichEveryRowFailsIsFailedAndReplacesNothing() throws IOException {
        write("good.jsonl", "{\"text\": \"old\"}\n");
        write("bad.jsonl", "{\"text\": \"refuse 1\"}\n{\"text\": \"refuse 2\"}\n{\"text\": null}\n");
        run("good.jsonl");
        for (String mode : List.of("overwrite", "append")) {
            JobFailedException failure =
                    assertThrows(JobFailedException.class, () -> run("bad.jsonl", "output.mode=" + mode));
            assertMentions(
                    failure.getMessage(), "every row has failed", "2 x refused", "1 x prompt column", "as it was");
            assertEquals(List.of("OLD"), completions());
            String kept = failure.getMessage().substring(failure.getMessage().indexOf("errors are in ") + 14);
            assertEquals(3, spark.read().parquet(kept).count());
        }
        JobFailedException fresh =
                assertThrows(JobFailedException.class, () -> run("bad.jsonl", "output.path=" + path("fresh")));
        assertMentions(fresh.getMessage(), "2 x refused", path("fresh"));
        assertEquals(3, spark.read().parquet(path("fresh")).count());
    }

    @Test
    void aValueThatDoesNotFitItsColumnIsAnErrorAndNotNull() throws IOException {
        write("in.jsonl", "{\"id\": 1, \"text\": \"a\", \"n\": \"five\"}\n{\"id\": 2, \"text\": \"b\", \"n\": 3}\n");
        JobReport report = run("in.jsonl", "input.schema=id BIGINT, text STRING, n INT");
        assertEquals(1, report.errors());
        Row wrong = read().filter(row -> row.getAs("error") != null).findAny().orElseThrow();
        assertEquals(1L, wrong.<Long>getAs("id"));
        assertMentions(wrong.getAs("error"), "does not fit its columns");
        assertMentions(refusal("in.jsonl", "input.schema=id STRNG"), "input.schema", "STRNG");
    }

    @Test
    void aCsvLineOfTooManyOrTooFewFieldsIsAnError() throws IOException {
        write("in.csv", "id,text\n1,good, or bad?\n2,ok\n3\n");
        assertEquals(2, run("in.csv").errors());
        assertEquals(
                List.of("id", "text"),
                List.of(spark.read().parquet(path("out")).columns()).subList(0, 2));
        assertEquals("completion", spark.read().parquet(path("out")).columns()[2]);
        Row good = read().filter(row -> row.getAs("error") == null).findAny().orElseThrow();
        assertEquals("OK", good.getAs("completion"));
    }

    @Test
    void aBrokenLineIsTheReasonOfItsRow() throws IOException {
        write("in.jsonl", "{\"id\": 1, \"text\": \"a\"}\n{\"id\": 2, \"text\"\n");
        JobReport inferred = run("in.jsonl");
        assertEquals(1, inferred.errors());
        Row broken = read().filter(row -> row.getAs("error") != null).findAny().orElseThrow();
        assertMentions(broken.getAs("error"), "not valid", "_corrupt_record");
        assertEquals("{\"id\": 2, \"text\"", broken.getAs("_corrupt_record"));
        run(
                "in.jsonl",
                "output.mode=overwrite",
                "input.schema=id BIGINT, text STRING",
                "prompt.column=",
                "prompt.template=Say {{ text }}");
        assertEquals("id", spark.read().parquet(path("out")).columns()[0]);
        assertEquals("completion", spark.read().parquet(path("out")).columns()[2]);
        Row rendered =
                read().filter(row -> row.getAs("error") != null).findAny().orElseThrow();
        assertMentions(rendered.getAs("error"), "not valid");
        assertEquals("error", rendered.getAs("finish_reason"));
        assertTrue(rendered.isNullAt(rendered.fieldIndex("completion")));
    }

    @Test
    void appendsToAnEmptyFolderAndToJsonOfOtherColumns() throws IOException {
        write("a.jsonl", "{\"text\": \"a\"}\n");
        write("other.jsonl", "{\"text\": \"b\", \"more\": 1}\n");
        Files.createDirectories(folder.resolve("out"));
        assertEquals(1, run("a.jsonl", "output.mode=append").rows());
        assertEquals(List.of("A"), completions());
        String mixed = refusal("a.jsonl", "output.mode=append", "output.format=jsonl");
        assertMentions(mixed, ".parquet", "jsonl");
        String lines = "output.path=" + path("lines");
        run("a.jsonl", "output.mode=append", "output.format=jsonl", lines);
        assertEquals(
                1,
                run("other.jsonl", "output.mode=append", "output.format=jsonl", lines)
                        .rows());
        assertEquals(2, spark.read().json(path("lines")).count());
    }

    @Test
    void readsOneFilesystemAndOverwritesOnAnother() throws IOException {
        FailingFileSystem.register(spark.sparkContext().hadoopConfiguration());
        write("a.jsonl", "{\"text\": \"a\"}\n");
        run("a.jsonl");
        run("a.jsonl", "output.mode=overwrite", "input.path=failing:" + path("a.jsonl"));
        assertEquals(List.of("A"), completions());
    }

    @Test
    void overwriteSparesWhatIsNotItsOwn() throws IOException {
        Files.createDirectories(folder.resolve("home"));
        write("home/thesis.tex", "years of work");
        write("a.jsonl", "{\"text\": \"a\"}\n");
        String foreign = refusal("a.jsonl", "output.mode=overwrite", "output.path=" + path("home"));
        assertTrue(foreign.contains("thesis.tex"), foreign);
        Files.createDirectories(folder.resolve("both"));
        write("both/part-0.jsonl", "{\"text\": \"a\"}\n");
        String input = refusal("both/part-0.jsonl", "output.mode=overwrite", "output.path=" + path("both"));
        assertTrue(input.contains("holds the input"), input);
        String glob = refusal("bo*/*.jsonl", "output.mode=overwrite", "output.path=" + path("both"));
        assertTrue(glob.contains("holds the input"), glob);
        assertNothingHidden();
    }

    @Test
    void badInputIsRefusedBeforeAnyWork() throws IOException {
        write("a.jsonl", "{\"id\": 1, \"text\": \"a\"}\n");
        write("b.csv", "text\nb\n");
        write("c.dat", "c\n");
        write("d.jsonl", "{\"completion\": \"a\", \"text\": \"a\"}\n");
        assertMentions(refusal("a.jsonl", "prompt.column=txet"), "txet", "id", "text");
        assertMentions(refusal("a.jsonl", "input.id=nr"), "nr", "id", "text");
        assertMentions(refusal("nothing*.jsonl"), "nothing*.jsonl", "matches no file");
        assertMentions(refusal("c.dat"), "c.dat", "input.format");
        assertMentions(refusal("d.jsonl"), "completion", "rename");
        assertMentions(
                refusal("a.jsonl", "input.path=[" + path("a.jsonl") + ", " + path("b.csv") + "]"), "csv", "jsonl");
        assertMentions(refusal("a.jsonl", "model=" + path("no.gguf")), "no.gguf");
        assertMentions(refusal("a.jsonl", "output.path=nofs://x/y"), "nofs");
        assertNothingHidden();
    }

    private JobReport run(String input, String... settings) throws IOException {
        Path file = folder.resolve("job.yaml");
        Files.writeString(
                file,
                "model: " + Path.of(MODEL).toAbsolutePath() + "\ninput: {path: \"" + path(input)
                        + "\"}\nprompt: {column: text}\noutput: {path: \"" + path("out") + "\"}\n");
        JobConfig config = new ConfigLoader().load(file, Arrays.asList(settings));
        return new GenerationJob(spark, config, EchoEngine.ROWS).run(new PrintStream(new ByteArrayOutputStream()));
    }

    private String refusal(String input, String... settings) {
        PromptmillException failure = assertThrows(PromptmillException.class, () -> run(input, settings));
        assertTrue(
                failure instanceof ConfigException
                        || failure instanceof DataException
                        || failure.getMessage().contains("gguf"),
                failure.toString());
        return failure.getMessage();
    }

    private static void assertMentions(String message, String... parts) {
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    private void assertNothingHidden() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(
                    List.of(),
                    files.map(file -> file.getFileName().toString())
                            .filter(name -> name.startsWith("."))
                            .toList());
        }
    }

    private static long rowTokens(Map<Long, Row> rows) {
        return rows.values().stream()
                .mapToLong(row -> row.<Integer>getAs("completion_tokens"))
                .sum();
    }

    private Stream<Row> read() {
        return spark.read().parquet(path("out")).collectAsList().stream();
    }

    private List<String> completions() {
        return read().map(row -> row.<String>getAs("completion")).sorted().toList();
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }
}
