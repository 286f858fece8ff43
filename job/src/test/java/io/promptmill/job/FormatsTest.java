package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.DataException;
import io.promptmill.udf.error.PromptmillException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Inputs and outputs of every kind, with an engine that echoes. */
class FormatsTest {
    private static final String MODEL = "../datasets/demo-model/promptmill-demo-q8_0.gguf";
    private static SparkSession spark;

    @TempDir
    private static Path warehouse;

    @TempDir
    private Path folder;

    @BeforeAll
    static void openSession() {
        spark = SparkSessions.open(new SparkConfig(
                "local[2]",
                "test",
                Map.of(
                        "spark.sql.shuffle.partitions",
                        "2",
                        "spark.sql.warehouse.dir",
                        warehouse.toUri().toString())));
    }

    @AfterAll
    static void closeSession() {
        spark.stop();
    }

    @ParameterizedTest
    @ValueSource(strings = {"parquet", "orc", "avro", "json", "csv"})
    void readsFilesOfEveryKindByTheirEnding(String source) {
        questions(30)
                .coalesce(1)
                .write()
                .format(source)
                .option("header", "true")
                .save(at("in"));
        run("output.mode=error");
        assertEquals(texts(30), column(spark.read().parquet(at("out")), "completion"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"parquet", "jsonl", "csv", "orc", "avro"})
    void writesTheSameRowsInEveryFormat(String format) throws IOException {
        writeHardRows();
        String[] task = {"input.path=" + at("hard.jsonl"), "sampling=", "task=label", "label.choices=[SAY, \"a,b\"]"};
        run(with(task, "output.format=parquet", "output.path=" + at("reference")));
        run(with(task, "output.format=" + format, "evaluate.column=gold"));
        Dataset<Row> reference = spark.read().parquet(at("reference"));
        Dataset<Row> written =
                outputFiles(format).read(spark, reference.schema(), List.of(new org.apache.hadoop.fs.Path(at("out"))));
        // Avro gives maps no order.
        assertEquals(sorted(comparable(reference)), sorted(comparable(written)));
        assertTrue(Files.exists(folder.resolve("out/_evaluation.json")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"parquet", "jsonl", "csv", "orc", "avro"})
    void writesVectorsInEveryFormat(String format) throws IOException {
        writeHardRows();
        String[] task = {"input.path=" + at("hard.jsonl"), "sampling=", "task=embed"};
        run(with(task, "output.format=parquet", "output.path=" + at("reference")));
        JobReport report = run(with(task, "output.format=" + format, "output.target_file_size=1GB"));
        // Counted in the rows, not taken from accumulators.
        assertTrue(report.samples().contains("prompt_tokens"), report.samples());
        Dataset<Row> reference = spark.read().parquet(at("reference"));
        Dataset<Row> written =
                outputFiles(format).read(spark, reference.schema(), List.of(new org.apache.hadoop.fs.Path(at("out"))));
        assertEquals(vectors(reference), vectors(written));
    }

    private static List<String> vectors(Dataset<Row> rows) {
        return rows.select("text", "embedding", "prompt_tokens", "error").toJSON().collectAsList().stream()
                .sorted()
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "parquet, gzip, .gz.parquet",
        "parquet, zstd, .zstd.parquet",
        "jsonl, gzip, .json.gz",
        "csv, bzip2, .csv.bz2",
        "orc, zlib, .zlib.orc",
        "avro, none, .avro",
        "avro, deflate, .avro"
    })
    void compressesAsTold(String format, String compression, String ending) throws IOException {
        writeQuestions(20);
        run("output.format=" + format, "output.compression=" + compression);
        assertTrue(!files("out").isEmpty());
        for (String name : files("out")) {
            assertTrue(name.endsWith(ending), name);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"error", "resume"})
    void rowsLieInFoldersByTheirValues(String mode) throws IOException {
        writeQuestions(30);
        run("output.mode=" + mode, "output.partition_by=[part]");
        assertEquals(
                List.of("part=0", "part=1", "part=2"),
                files("out").stream()
                        .map(name -> name.substring(0, name.indexOf('/')))
                        .distinct()
                        .toList());
        Dataset<Row> rows = spark.read().parquet(at("out"));
        assertEquals(texts(30), column(rows, "completion"));
        assertTrue(rows.schema().apply("completion").metadata().contains("promptmill"));
    }

    @Test
    void rowsAreAppendedInFolders() throws IOException {
        writeQuestions(30);
        run("output.partition_by=part");
        JobReport report = run("output.partition_by=part", "output.mode=append");
        assertEquals(30, report.rows());
        assertEquals(60, spark.read().parquet(at("out")).count());
        DataException refused = assertThrows(DataException.class, () -> run("output.mode=append"));
        assertTrue(refused.getMessage().contains("in folders by [part]"), refused.getMessage());
        run("output.partition_by=part", "output.mode=overwrite");
        assertEquals(30, spark.read().parquet(at("out")).count());
    }

    @Test
    void aFileHasNoMoreRowsThanTold() throws IOException {
        writeQuestions(50);
        run("output.partitions=1", "output.max_rows_per_file=15");
        assertEquals(4, files("out").size());
        run("output.mode=resume", "output.path=" + at("resumed"), "output.max_rows_per_file=15");
        assertEquals(4, files("resumed").size());
        assertEquals(texts(50), column(spark.read().parquet(at("out")), "completion"));
        assertEquals(texts(50), column(spark.read().parquet(at("resumed")), "completion"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"error", "resume"})
    void filesHaveAboutTheSizeTold(String mode) throws IOException {
        writeQuestions(1500);
        run("output.mode=" + mode, "output.format=jsonl", "output.target_file_size=32KB");
        List<Long> sizes = new ArrayList<>();
        for (String name : files("out")) {
            sizes.add(Files.size(folder.resolve("out").resolve(name)));
        }
        double mean = sizes.stream().mapToLong(Long::longValue).average().orElse(0);
        assertTrue(mean > 16 << 10 && mean < 64 << 10, sizes.toString());
        assertEquals(texts(1500), column(spark.read().json(at("out")), "completion"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"parquet", "jsonl", "csv", "orc", "avro"})
    void filesOfAnotherSizeHaveTheSameRows(String format) throws IOException {
        Files.writeString(folder.resolve("in.jsonl"), """
                {"id": 1, "text": "", "when": "2026-01-01T00:00:00.000001Z", "small": 7, "deep": {"tiny": 3}}
                no JSON at all
                {"id": 2, "text": " say \\u0001 ", "when": null, "small": null, "deep": null}
                """);
        String[] settings = {
            "input.schema=\"_corrupt_record STRING, id BIGINT, text STRING, when TIMESTAMP, small SMALLINT,"
                    + " deep STRUCT<tiny: TINYINT>\"",
            "output.format=" + format
        };
        run(with(settings, "output.format=parquet", "output.path=" + at("reference")));
        JobReport report = run(with(settings, "output.target_file_size=1", "output.partition_by=finish_reason"));
        assertEquals(3, report.rows());
        assertEquals(2, report.errors());
        Dataset<Row> reference = spark.read().parquet(at("reference"));
        Dataset<Row> written =
                outputFiles(format).read(spark, reference.schema(), List.of(new org.apache.hadoop.fs.Path(at("out"))));
        assertEquals(sorted(reference), sorted(written));
        run(with(settings, "output.mode=append", "output.partition_by=finish_reason"));
        assertEquals(
                6,
                outputFiles(format)
                        .read(spark, reference.schema(), List.of(new org.apache.hadoop.fs.Path(at("out"))))
                        .count());
    }

    private OutputFiles outputFiles(String format) {
        return new OutputFiles(new OutputConfig(
                at("out"),
                OutputFormat.valueOf(format.toUpperCase(Locale.ROOT)),
                OutputConfig.Mode.ERROR,
                FileLayout.DEFAULT,
                null));
    }

    @Test
    void tablesAreReadByTheirName() {
        questions(20).write().saveAsTable("prompts");
        run("input.path=", "input.table=prompts");
        assertEquals(texts(20), column(spark.read().parquet(at("out")), "completion"));
        DataException missing =
                assertThrows(DataException.class, () -> run("input.path=", "input.table=nothing", "output.path=o"));
        assertTrue(missing.getMessage().contains("input.table 'nothing'"), missing.getMessage());
    }

    @Test
    void anySourceOfSparkIsReadWithItsOptions() {
        questions(10).coalesce(1).write().option("header", "true").csv(at("in"));
        run(
                "input.format=org.apache.spark.sql.execution.datasources.v2.csv.CSVDataSourceV2",
                "input.options.header=true");
        assertEquals(texts(10), column(spark.read().parquet(at("out")), "completion"));
    }

    @Test
    void streamsTakeOtherFilesThanText() {
        questions(10).coalesce(1).write().orc(at("in"));
        String[] settings = {"output.mode=resume", "trigger=available_now", "input.path=" + at("in")};
        run(settings);
        questions(15).filter("id >= 10").coalesce(1).write().mode("append").orc(at("in"));
        run(settings);
        assertEquals(texts(15), column(spark.read().parquet(at("out")), "completion"));
    }

    @Test
    void refusesWhatCannotBeWritten() throws IOException {
        writeQuestions(5);
        refused("'output.partition_by' names 'parts'", "did you mean 'part'", "output.partition_by=parts");
        refused(
                "of type map<string,double>",
                "text, numbers",
                "output.partition_by=probabilities",
                "task=label",
                "label.choices=[a, b]",
                "sampling=");
        refused("\"jsonlines\"", "expected one of jsonl, json", "input.format=jsonlines");
        refused("\"delta\"", "--packages io.delta:delta-spark_2.13", "input.format=delta");
        Files.writeString(folder.resolve("odd.jsonl"), "{\"text\": \"x\", \"a b\": 1}\n");
        refused(
                "'evaluate' looks at all rows",
                "run a job without trigger",
                "evaluate.column=text",
                "trigger=available_now",
                "output.mode=resume");
        refused("column 'a b'", "rename 'a b'", "output.format=avro", "input.path=" + at("odd.jsonl"));
    }

    private void refused(String what, String remedy, String... settings) {
        PromptmillException refusal = assertThrows(PromptmillException.class, () -> run(settings));
        assertTrue(refusal.getMessage().contains(what), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(remedy), refusal.getMessage());
    }

    private static String[] with(String[] settings, String... more) {
        return Stream.concat(Arrays.stream(settings), Arrays.stream(more)).toArray(String[]::new);
    }

    private JobReport run(String... settings) {
        Path config = folder.resolve("job.yaml");
        try {
            Files.writeString(config, """
                    model: %s
                    input: {path: %s}
                    prompt: {column: text}
                    sampling: {max_tokens: 99}
                    output: {path: %s}
                    """.formatted(MODEL, at("in*"), at("out")));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return new GenerationJob(spark, new ConfigLoader().load(config, List.of(settings)), EchoEngine.ROWS)
                .run(new PrintStream(OutputStream.nullOutputStream()));
    }

    private String at(String name) {
        return folder.resolve(name).toString();
    }

    private void writeQuestions(int rows) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int row = 0; row < rows; row++) {
            lines.append("{\"id\": %d, \"part\": %d, \"text\": \"say %d\"}\n".formatted(row, row % 3, row));
        }
        Files.writeString(folder.resolve("in.jsonl"), lines);
    }

    /** What formats of text have trouble with: quotes, line breaks, nothing and null, structs and lists. */
    private void writeHardRows() throws IOException {
        Files.writeString(folder.resolve("hard.jsonl"), """
                {"id": 1, "text": "SAY \\"a,b\\"\\nand c", "gold": "SAY", "tags": ["x", "y\\"z"], "more": {"a": 1, "b": null}}
                {"id": 2, "text": "", "gold": null, "tags": [], "more": null}
                {"id": 3, "text": null, "gold": "a,b", "tags": null, "more": {"a": null, "b": "é\\\\"}}
                {"id": 4, "text": " a,b \\\\ ", "gold": "", "tags": [""], "more": {"a": 2, "b": ""}}
                """);
    }

    private static Dataset<Row> questions(int rows) {
        return spark.range(rows).selectExpr("id", "id % 3 AS part", "concat('say ', id) AS text");
    }

    private static List<String> texts(int rows) {
        return Stream.iterate(0, row -> row + 1)
                .limit(rows)
                .map(row -> "SAY " + row)
                .sorted()
                .toList();
    }

    private static List<String> column(Dataset<Row> rows, String name) {
        return rows.collectAsList().stream()
                .map(row -> row.<String>getAs(name))
                .sorted()
                .toList();
    }

    private static Dataset<Row> comparable(Dataset<Row> rows) {
        return rows.selectExpr(
                "id",
                "text",
                "gold",
                "tags",
                "more",
                "label",
                "probability",
                "array_sort(map_entries(probabilities)) AS probabilities",
                "finish_reason",
                "prompt_tokens",
                "error",
                "attempts");
    }

    private static List<String> sorted(Dataset<Row> rows) {
        return rows.toJSON().collectAsList().stream().sorted().toList();
    }

    private List<String> files(String name) throws IOException {
        Path root = folder.resolve(name);
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString())
                    .filter(file -> !file.startsWith("_")
                            && !file.contains("/_")
                            && !file.startsWith(".")
                            && !file.contains("/."))
                    .sorted()
                    .toList();
        }
    }
}
