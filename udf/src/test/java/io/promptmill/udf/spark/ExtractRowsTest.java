package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.engine.Completion;
import io.promptmill.udf.engine.CompletionDetails;
import io.promptmill.udf.engine.FinishReason;
import io.promptmill.udf.engine.Request;
import io.promptmill.udf.error.ConfigException;
import java.math.BigDecimal;
import java.sql.Date;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Test;

class ExtractRowsTest {
    /** Completes a prompt with itself. */
    private static StubEngine repeating() {
        return new StubEngine(2, true, true, ExtractRowsTest::repeat);
    }

    private static Completion repeat(Request request) {
        String prompt = StubEngine.text(request);
        if (prompt.equals("refused")) {
            return Completion.failed("too long", 7);
        }
        CompletionDetails details = new CompletionDetails("hm", 1, null, null, Double.NaN);
        return new Completion(prompt, FinishReason.STOP, prompt.length(), 5, null, details, false);
    }

    private static TaskRun run(ExtractTask task, StubEngine engine) {
        return TaskRun.of(task, LocalSpark.column("prompt"), "prompt STRING", engine);
    }

    @Test
    void valuesHaveTheTypesOfTheirColumns() {
        StubEngine engine = repeating();
        ExtractTask task =
                ExtractTask.ofDdl("name STRING NOT NULL, age INT, tags ARRAY<STRING>, born DATE, seen TIMESTAMP,"
                        + " price DECIMAL(6,2), at STRUCT<x: DOUBLE>, by MAP<STRING, BIGINT>");
        TaskRun run = run(task, engine);
        List<Row> rows = run.run(
                RowFactory.create(
                        "{\"name\": \"Ida\", \"age\": 7, \"tags\": [\"a\", null], \"born\": \"2019-05-01\","
                                + " \"seen\": \"2026-01-31T09:30:00Z\", \"price\": 12.5, \"at\": {\"x\": 1}, \"by\": {\"k\": 3}}"),
                RowFactory.create("{\"name\": \"Bo\", \"age\": null}"),
                RowFactory.create("{\"name\": \"Cy"),
                RowFactory.create("refused"));
        assertEquals(
                List.of(
                        "prompt",
                        "extracted",
                        "completion",
                        "finish_reason",
                        "prompt_tokens",
                        "completion_tokens",
                        "error",
                        "error_category",
                        "attempts"),
                List.of(rows.get(0).schema().fieldNames()));
        Row ida = rows.get(0).getAs("extracted");
        assertEquals("Ida", ida.getAs("name"));
        assertEquals(7, ida.<Integer>getAs("age"));
        assertEquals(2, ida.getList(2).size());
        assertEquals(Date.valueOf("2019-05-01"), ida.getAs("born"));
        assertEquals(Timestamp.from(Instant.parse("2026-01-31T09:30:00Z")), ida.getAs("seen"));
        assertEquals(new BigDecimal("12.50"), ida.getAs("price"));
        assertEquals(1.0, ida.getStruct(6).getDouble(0));
        assertEquals(3L, ida.getJavaMap(7).get("k"));
        assertNull(rows.get(0).getAs("error"));
        assertNull(rows.get(1).<Row>getAs("extracted").getAs("age"));
        assertNull(rows.get(2).getAs("extracted"));
        assertEquals("{\"name\": \"Cy", rows.get(2).getAs("completion"));
        assertEquals("error", rows.get(2).getAs("finish_reason"));
        assertTrue(rows.get(2).<String>getAs("error").startsWith("the completion is not JSON"));
        assertEquals("constraint", rows.get(2).getAs("error_category"));
        assertEquals(5, rows.get(2).<Integer>getAs("completion_tokens"));
        assertEquals("too long", rows.get(3).getAs("error"));
        assertEquals(2, run.metrics().errors().value());
        assertEquals(15, run.metrics().completionTokens().value());
        assertEquals(
                new ConstraintSpec(ConstraintSpec.Kind.JSON_SCHEMA, task.schema()),
                engine.seen().get(0).options().constraint());
    }

    @Test
    void aJsonSchemaMakesTheColumnsToo() {
        StubEngine engine = repeating();
        GenerateSpec spec = LocalSpark.spec(null, LocalSpark.column("prompt"), Map.of())
                .withTask(ExtractTask.ofSchema(
                        "{\"type\": \"object\", \"properties\": {\"kind\": {\"enum\": [\"a\", \"b\"]},"
                                + " \"more\": {\"type\": \"object\"}}, \"required\": [\"kind\"]}"))
                .withReasoning(new Reasoning(Reasoning.Mode.ON, Reasoning.USUAL_MARKS));
        Row row = TaskRun.of(spec, "prompt STRING", engine)
                .run(RowFactory.create("{\"kind\": \"b\", \"more\": {\"x\": [1]}}"))
                .get(0);
        assertEquals("b", row.<Row>getAs("extracted").getAs("kind"));
        assertEquals("{\"x\": [1]}", row.<Row>getAs("extracted").getAs("more"));
        assertEquals("hm", row.getAs("reasoning"));
        assertEquals(Reasoning.USUAL_MARKS, engine.seen().get(0).options().reasoning());
    }

    @Test
    void datesAreThoseThatTheSessionTakes() {
        LocalSpark.session().conf().set("spark.sql.datetime.java8API.enabled", true);
        try {
            Row row = run(ExtractTask.ofDdl("born DATE"), repeating())
                    .run(RowFactory.create("{\"born\": \"2019-05-01\"}"))
                    .get(0);
            assertEquals(LocalDate.of(2019, 5, 1), row.<Row>getAs("extracted").getAs("born"));
        } finally {
            LocalSpark.session().conf().unset("spark.sql.datetime.java8API.enabled");
        }
    }

    @Test
    void aSchemaThatAdmitsNothingIsRefusedBeforeARow() {
        ExtractTask task = ExtractTask.ofSchema(
                "{\"type\": \"object\", \"properties\": {\"n\": {\"type\": \"integer\", \"minimum\": 3, \"maximum\": 2}},"
                        + " \"required\": [\"n\"]}");
        assertThrows(ConfigException.class, () -> run(task, repeating()).function());
    }
}
