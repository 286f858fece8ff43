package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Date;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way of each task from files to typed columns in files, with an engine that echoes. */
class TaskJobTest {
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
    void labelsWithProbabilities() throws IOException {
        write(
                "{\"id\": 1, \"text\": \"good good bad\"}\n{\"id\": 2, \"text\": \"bad\"}\n{\"id\": 3, \"text\": \"refuse\"}\n");
        String printed = run("prompt: {column: text}\ntask: label\nlabel: {choices: [good, bad]}\n");
        assertEquals(
                "id bigint,text string,label string,probability double,margin double,probabilities map<string,double>,"
                        + "finish_reason string,prompt_tokens int,completion_tokens int,error string,error_category string,attempts int",
                columns());
        List<Row> rows = rows();
        assertEquals("good", rows.get(0).getAs("label"));
        assertEquals(0.6, rows.get(0).<Double>getAs("probability"), 1e-12);
        assertEquals(0.4, rows.get(0).<String, Double>getJavaMap(5).get("bad"), 1e-12);
        assertEquals("bad", rows.get(1).getAs("label"));
        assertEquals("refused", rows.get(2).getAs("error"));
        assertTrue(printed.contains("probability") && printed.contains("1 x refused"), printed);
    }

    @Test
    void severalLabelsFromColumnsOfChoices() throws IOException {
        write(
                "{\"id\": 1, \"text\": \"yes yes yes x\", \"of\": [\"x\", \"y\"]}\n{\"id\": 2, \"text\": \"no\", \"of\": []}\n");
        run("prompt: {template: \"{{ text }} {{ choice }}\"}\ntask: label\nlabel: {column: of, multi: true}\n");
        assertTrue(columns().contains("label array<string>"), columns());
        assertEquals(List.of("x", "y"), rows().get(0).getList(rows().get(0).fieldIndex("label")));
        assertTrue(rows().get(1).<String>getAs("error").contains("label column 'of' is empty"));
    }

    @Test
    void embedsTexts() throws IOException {
        write("{\"id\": 1, \"text\": \"aa\"}\n{\"id\": 2, \"text\": \"refuse\"}\n");
        String printed = run("prompt: {column: text}\ntask: embed\nembed: {normalize: false, dimensions: 2}\n");
        assertTrue(columns().startsWith("id bigint,text string,embedding array<float>,finish_reason"), columns());
        assertEquals(List.of(2f, 97f), rows().get(0).getList(2));
        assertTrue(rows().get(1).isNullAt(2));
        assertTrue(printed.contains("1 x refused"), printed);
    }

    @Test
    void extractsTypedColumns() throws IOException {
        write("{\"id\": 1, \"text\": {\"name\": \"Ida\", \"age\": 7, \"born\": \"2019-05-01\"}}\n"
                + "{\"id\": 2, \"text\": {\"name\": \"Bo\"}}\n");
        run("prompt: {template: \"{{ text | tojson }}\"}\ntask: extract\n"
                + "extract: {schema: \"name STRING NOT NULL, age INT, born DATE\"}\n");
        assertTrue(columns().contains("extracted struct<name:string,age:int,born:date>,completion string"), columns());
        assertEquals(
                Date.valueOf("2019-05-01"),
                rows().get(0).<Row>getAs("extracted").getAs("born"));
        assertEquals(7, rows().get(0).<Row>getAs("extracted").<Integer>getAs("age"));
        assertNull(rows().get(1).<Row>getAs("extracted").getAs("age"));
    }

    @Test
    void completionsMayBecomeRows() throws IOException {
        write("{\"id\": 1, \"text\": \"a\"}\n{\"id\": 2, \"text\": \"refuse\"}\n");
        String printed = run("prompt: {column: text}\nsampling: {temperature: 1}\n"
                + "generate: {n: 2, explode: true, logprobs: 1}\nreasoning: {mode: on}\n");
        assertEquals(
                "id bigint,text string,completion string,completion_index int,reasoning string,finish_reason string,"
                        + "prompt_tokens int,completion_tokens int,logprobs array<struct<token:string,token_id:int,"
                        + "logprob:double,top:array<struct<token:string,token_id:int,logprob:double>>>>,error string,error_category string,attempts int",
                columns());
        assertEquals(4, rows().size());
        assertEquals("hm", rows().get(0).getAs("reasoning"));
        assertEquals(
                2, rows().stream().filter(row -> row.getAs("error") != null).count());
        assertTrue(printed.contains("rows         4"), printed);
    }

    @Test
    void severalCompletionsStandInAnArray() throws IOException {
        write("{\"id\": 1, \"text\": \"a\"}\n");
        run("prompt: {column: text}\nsampling: {temperature: 1}\ngenerate: {n: 2, best_of: 3}\n");
        assertEquals(List.of("A", "A"), rows().get(0).getList(rows().get(0).fieldIndex("completions")));
        assertEquals(3, rows().get(0).<Integer>getAs("completion_tokens"));
    }

    /** A label was computed for it, from nulls: it must not pass for one. */
    @Test
    void aBrokenLineHasNoLabel() throws IOException {
        write("{\"id\": 1, \"text\": \"good\"}\n{\"id\": 2, \"text\"\n");
        run("prompt: {template: \"good {{ text }}\"}\ntask: label\nlabel: {choices: [good, bad]}\n");
        Row broken = rows().stream()
                .filter(row -> row.getAs("error") != null)
                .findAny()
                .orElseThrow();
        assertTrue(broken.<String>getAs("error").contains("not valid"));
        assertNull(broken.getAs("label"));
        assertNull(broken.getAs("probabilities"));
        assertEquals("error", broken.getAs("finish_reason"));
    }

    @Test
    void anEmptyInputHasTheColumnsOfTheTask() throws IOException {
        write("");
        run("prompt: {template: \"{{ text }} {{ choices }}\"}\ntask: label\nlabel: {choices: [a, b]}\n");
        assertTrue(columns().startsWith("text string,label string"), columns());
    }

    @Test
    void whatDoesNotFitTheInputIsRefusedBeforeAnyWork() throws IOException {
        write("{\"label\": 1, \"text\": \"a\"}\n");
        String message = assertThrows(
                        ConfigException.class,
                        () -> run("prompt: {column: text}\ntask: label\nlabel: {choices: [a, b]}\n"))
                .getMessage();
        assertTrue(message.startsWith("input column 'label' has the name of an output column"), message);
    }

    /** Runs the job and returns its summary. */
    private String run(String more) throws IOException {
        Path file = folder.resolve("job.yaml");
        Files.writeString(
                file,
                "model: " + Path.of(MODEL).toAbsolutePath() + "\ninput: {path: \"" + folder.resolve("in.jsonl")
                        + "\"}\noutput: {path: \"" + folder.resolve("out") + "\"}\n" + more);
        JobConfig config = new ConfigLoader().load(file, List.of());
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        new GenerationJob(spark, config, EchoEngine.ROWS)
                .run(new PrintStream(new ByteArrayOutputStream()))
                .print(new PrintStream(printed, true, StandardCharsets.UTF_8));
        return printed.toString(StandardCharsets.UTF_8);
    }

    private void write(String rows) throws IOException {
        Files.writeString(folder.resolve("in.jsonl"), rows);
    }

    private List<Row> rows() {
        return spark.read()
                .parquet(folder.resolve("out").toString())
                .orderBy("id")
                .collectAsList();
    }

    private String columns() {
        var schema = spark.read().parquet(folder.resolve("out").toString()).schema();
        return String.join(
                ",",
                java.util.Arrays.stream(schema.fields())
                        .map(field -> field.name() + " " + field.dataType().catalogString())
                        .toList());
    }
}
