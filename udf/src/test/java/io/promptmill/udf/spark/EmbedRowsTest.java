package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.engine.Pooling;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.prompt.PromptSpec.Overlong;
import io.promptmill.udf.prompt.PromptSpec.Source;
import io.promptmill.udf.sampler.SamplingParameters;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Test;

class EmbedRowsTest {
    private static final EmbedTask RAW = new EmbedTask(Pooling.MEAN, false, 0);

    private static StubEngine engine() {
        return new StubEngine(0, true, false, StubEngine::echo);
    }

    private static TaskRun texts(EmbedTask task, StubEngine engine) {
        return TaskRun.of(
                task, new PromptSpec(Source.COLUMN, "prompt", null, null, Overlong.ERROR), "prompt STRING", engine);
    }

    private static TaskRun requests(EmbedTask task, StubEngine engine) {
        return TaskRun.of(
                task,
                new PromptSpec(Source.REQUEST, "request", null, null, Overlong.ERROR),
                "request " + RequestColumn.TYPE.sql(),
                engine);
    }

    @Test
    void eachRowGetsItsVector() {
        StubEngine engine = engine();
        List<Row> rows =
                texts(RAW, engine).run(RowFactory.create("abc"), RowFactory.create("b"), RowFactory.create("zero"));
        assertEquals(
                List.of(
                        "prompt",
                        "embedding",
                        "finish_reason",
                        "prompt_tokens",
                        "completion_tokens",
                        "error",
                        "error_category",
                        "attempts"),
                List.of(rows.get(0).schema().fieldNames()));
        assertEquals(List.of(3f, 97f, 4f), rows.get(0).getList(1));
        assertEquals(List.of(1f, 98f, 4f), rows.get(1).getList(1));
        assertEquals(3, rows.get(0).<Integer>getAs("prompt_tokens"));
        assertEquals("stop", rows.get(0).getAs("finish_reason"));
        assertTrue(engine.embedded().stream().allMatch(request -> request.pooling() == Pooling.MEAN));
        assertNull(engine.lastDate(), "a text is not wrapped in the chat template");
    }

    @Test
    void lengthAndDimensionsAreTheTasks() {
        List<Row> rows = texts(EmbedTask.DEFAULT, engine()).run(RowFactory.create("abc"), RowFactory.create("zero"));
        List<Float> vector = rows.get(0).getList(1);
        double length = Math.sqrt(9 + 97 * 97 + 16);
        assertEquals(List.of((float) (3 / length), (float) (97 / length), (float) (4 / length)), vector);
        assertEquals(List.of(0f, 0f, 0f), rows.get(1).getList(1));
        Row shorter = texts(new EmbedTask(null, true, 2), engine())
                .run(RowFactory.create("abc"))
                .get(0);
        double kept = Math.sqrt(9 + 97 * 97);
        assertEquals(List.of((float) (3 / kept), (float) (97 / kept)), shorter.getList(1));
    }

    @Test
    void whatHasNoVectorSaysWhy() {
        List<Row> rows = texts(new EmbedTask(null, true, 3), engine())
                .run(
                        RowFactory.create((Object) null),
                        RowFactory.create("nan"),
                        RowFactory.create("refuse"),
                        RowFactory.create("abc"));
        assertTrue(rows.get(0).<String>getAs("error").contains("is null"));
        assertTrue(rows.get(1).<String>getAs("error").contains("not finite"));
        assertEquals("refused", rows.get(2).getAs("error"));
        assertEquals("prompt_too_long", rows.get(2).getAs("error_category"));
        assertNull(rows.get(2).getAs("embedding"));
        assertNull(rows.get(3).getAs("error"));
        Row tooMany = texts(new EmbedTask(null, true, 4), engine())
                .run(RowFactory.create("abc"))
                .get(0);
        assertEquals(
                "dimensions is 4, but the model's vectors have 3 numbers; set it to 3 or less", tooMany.getAs("error"));
    }

    @Test
    void aRequestMayHaveSeveralTexts() {
        List<Row> rows = requests(RAW, engine())
                .run(
                        row(RequestColumn.embedding("[\"abc\", [98, 98], \"c\"]", 2)),
                        row(RequestColumn.embedding("[\"abc\"]", null)),
                        row(RequestColumn.embedding("[\"a\", \"refuse\"]", null)),
                        row(RequestColumn.embedding("[\"nan\", \"a\"]", null)),
                        row(RequestColumn.refused("no")),
                        row(RequestColumn.text("a", null)));
        List<Object> vectors = rows.get(0).getList(rows.get(0).fieldIndex("embeddings"));
        assertEquals("[ArraySeq(3.0, 97.0), ArraySeq(2.0, 98.0), ArraySeq(1.0, 99.0)]", vectors.toString());
        assertEquals(6, rows.get(0).<Integer>getAs("prompt_tokens"));
        assertEquals(
                1, rows.get(1).getList(rows.get(1).fieldIndex("embeddings")).size());
        assertEquals("input[1]: refused", rows.get(2).getAs("error"));
        assertEquals(7, rows.get(2).<Integer>getAs("prompt_tokens"));
        assertTrue(
                rows.get(3).<String>getAs("error").startsWith("input[0]: the model gives a vector that is not finite"));
        assertEquals("no", rows.get(4).getAs("error"));
        assertEquals("the row has no texts to turn into vectors", rows.get(5).getAs("error"));
    }

    private static Row row(RequestColumn request) {
        return RowFactory.create(request.toRow());
    }

    @Test
    void settingsWithoutAMeaningAreRefused() {
        SamplingParameters hot =
                SamplingParameters.DEFAULT.toBuilder().temperature(1).build();
        for (String refusal : Arrays.asList(
                refusal(() -> EmbedTask.DEFAULT.checkAgainst(hot, Set.of(), Reasoning.AS_MODEL)),
                refusal(() -> EmbedTask.DEFAULT.checkAgainst(
                        SamplingParameters.DEFAULT, Set.of("seed"), Reasoning.AS_MODEL)))) {
            assertTrue(refusal.contains("samples nothing"), refusal);
        }
        assertTrue(refusal(() -> EmbedTask.DEFAULT.checkAgainst(SamplingParameters.DEFAULT, Set.of(), Reasoning.OFF))
                .contains("completes nothing"));
        assertTrue(refusal(() -> new EmbedTask(null, true, -1)).contains("embed.dimensions is -1"));
    }

    private static String refusal(org.junit.jupiter.api.function.Executable executable) {
        return assertThrows(ConfigException.class, executable).getMessage();
    }
}
