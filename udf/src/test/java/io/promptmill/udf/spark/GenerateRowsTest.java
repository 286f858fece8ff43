package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.engine.Completion;
import io.promptmill.udf.engine.CompletionDetails;
import io.promptmill.udf.engine.CompletionOptions;
import io.promptmill.udf.engine.FinishReason;
import io.promptmill.udf.engine.Request;
import io.promptmill.udf.engine.TokenLogprob;
import io.promptmill.udf.sampler.SamplingParameters;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Test;

/** What a row may ask of its completions besides one text. */
class GenerateRowsTest {
    private static final int NONE = CompletionOptions.NONE;
    private static final SamplingParameters WARM =
            SamplingParameters.DEFAULT.toBuilder().temperature(0.8).build();
    private static final String COLUMNS = "id STRING, prompt STRING, heat DOUBLE";

    private static GenerateSpec spec(GenerateTask task) {
        GenerateSpec spec = LocalSpark.spec("id", LocalSpark.column("prompt"), Map.of());
        return new GenerateSpec(spec.model(), "id", spec.prompt(), WARM, Map.of("temperature", "heat"), spec.engine())
                .withTask(task);
    }

    /** The row's id and a number of tokens that depends on it; a mean that is higher for higher indices. */
    private static Completion complete(Request request) {
        String id = request.rowId();
        int index = id.contains("#") ? Integer.parseInt(id.substring(id.indexOf('#') + 1)) : 0;
        double mean = request.options().logprobs() == NONE ? Double.NaN : index == 2 ? -5 : index - 4.0;
        boolean ofPrompt = request.options().promptLogprobs() != NONE;
        CompletionDetails details = new CompletionDetails(
                null,
                0,
                request.options().logprobs() == NONE ? null : List.of(token(index)),
                ofPrompt ? List.of(new TokenLogprob(9, "p", null, List.of())) : null,
                mean);
        return new Completion(
                id, FinishReason.STOP, request.promptTokens().length, 10 + index, null, details, index == 0);
    }

    private static TokenLogprob token(int id) {
        return new TokenLogprob(id, "t" + id, -0.5, List.of(new TokenLogprob(7, "other", -1.5, List.of())));
    }

    private static StubEngine engine() {
        return new StubEngine(2, false, true, GenerateRowsTest::complete);
    }

    private static TaskRun run(GenerateTask task) {
        return TaskRun.of(spec(task), COLUMNS, engine());
    }

    @Test
    void severalCompletionsStandInAnArrayWhoseFirstIsThatOfOne() {
        StubEngine engine = engine();
        TaskRun run = TaskRun.of(spec(new GenerateTask(null, NONE, NONE, 3, 3, false)), COLUMNS, engine);
        Row row = run.run(RowFactory.create("a", "four", null)).get(0);
        assertEquals("a", row.getAs("completion"));
        assertEquals(List.of("a", "a\0#1", "a\0#2"), row.getList(row.fieldIndex("completions")));
        assertEquals(33, row.<Integer>getAs("completion_tokens"));
        assertEquals(4, row.<Integer>getAs("prompt_tokens"));
        assertEquals(1, run.metrics().rows().value());
        assertEquals(12, run.metrics().promptTokens().value());
        assertEquals(33, run.metrics().completionTokens().value());
        assertEquals(0, run.metrics().copiedRows().value(), "only one of its completions is a copy");
        assertEquals(
                List.of("a", "a\0#1", "a\0#2"),
                engine.seen().stream().map(Request::rowId).sorted().toList());
        assertTrue(engine.seen().stream()
                .allMatch(request ->
                        request.sampling().equals(WARM) && request.options().equals(CompletionOptions.DEFAULT)));
        assertEquals(
                3,
                engine.seen().stream()
                        .map(request -> System.identityHashCode(request.promptTokens()))
                        .distinct()
                        .count());
    }

    @Test
    void theBestAreThoseOfTheHighestMean() {
        StubEngine engine = engine();
        Row row = TaskRun.of(spec(new GenerateTask(null, NONE, NONE, 2, 4, false)), COLUMNS, engine)
                .run(RowFactory.create("a", "p", null))
                .get(0);
        assertEquals(List.of("a\0#3", "a\0#1"), row.getList(row.fieldIndex("completions")));
        assertEquals("a\0#3", row.getAs("completion"));
        assertEquals(46, row.<Integer>getAs("completion_tokens"));
        assertFalse(List.of(row.schema().fieldNames()).contains("logprobs"));
        assertTrue(engine.seen().stream().allMatch(request -> request.options().logprobs() == 0));
    }

    @Test
    void oneOfSeveralHasNoArray() {
        Row row = run(new GenerateTask(null, NONE, NONE, 1, 4, false))
                .run(RowFactory.create("a", "p", null))
                .get(0);
        assertEquals("a\0#3", row.getAs("completion"));
        assertFalse(List.of(row.schema().fieldNames()).contains("completions"));
    }

    @Test
    void eachCompletionMayBecomeARowOfItsOwn() {
        TaskRun run = run(new GenerateTask(null, NONE, NONE, 2, 4, true));
        List<Row> rows = run.run(RowFactory.create("a", "p", null), RowFactory.create("b", null, null));
        assertEquals(4, rows.size());
        assertEquals(
                List.of("a", "a", "b", "b"),
                rows.stream().map(row -> row.<String>getAs("id")).toList());
        assertEquals("a\0#3", rows.get(0).getAs("completion"));
        assertEquals("a\0#1", rows.get(1).getAs("completion"));
        assertEquals(
                List.of(0, 1, 0, 1),
                rows.stream().map(row -> row.<Integer>getAs("completion_index")).toList());
        assertEquals(
                46,
                rows.get(0).<Integer>getAs("completion_tokens") + rows.get(1).<Integer>getAs("completion_tokens"));
        assertEquals(11, rows.get(1).<Integer>getAs("completion_tokens"));
        assertTrue(rows.get(2).<String>getAs("error").contains("is null in this row"));
        assertEquals(rows.get(2).<String>getAs("error"), rows.get(3).<String>getAs("error"));
        assertEquals(2, run.metrics().rows().value());
        assertEquals(1, run.metrics().errors().value());
    }

    @Test
    void logprobsBecomeColumns() {
        StubEngine engine = engine();
        Row row = TaskRun.of(spec(new GenerateTask(null, 1, 0, 2, 2, true)), COLUMNS, engine)
                .run(RowFactory.create("a", "p", null))
                .get(1);
        Row token = row.<Row>getList(row.fieldIndex("logprobs")).get(0);
        assertEquals("t1", token.getAs("token"));
        assertEquals(1, token.<Integer>getAs("token_id"));
        assertEquals(-0.5, token.<Double>getAs("logprob"));
        Row other = token.<Row>getList(token.fieldIndex("top")).get(0);
        assertEquals(RowFactory.create("other", 7, -1.5), RowFactory.create(other.get(0), other.get(1), other.get(2)));
        Row ofPrompt = row.<Row>getList(row.fieldIndex("prompt_logprobs")).get(0);
        assertNull(ofPrompt.getAs("logprob"));
        Map<Integer, Long> asked = engine.seen().stream()
                .collect(Collectors.groupingBy(request -> request.options().promptLogprobs(), Collectors.counting()));
        assertEquals(Map.of(0, 1L, NONE, 1L), asked);
    }

    @Test
    void aRowThatIsNotSampledCannotHaveSeveral() {
        List<Row> rows = run(new GenerateTask(null, NONE, NONE, 2, 2, false))
                .run(RowFactory.create("a", "p", 0.0), RowFactory.create("b", "p", 0.5));
        assertTrue(rows.get(0).<String>getAs("error").startsWith("the row's temperature is 0"));
        assertEquals(1, rows.get(0).<Integer>getAs("prompt_tokens"));
        assertEquals("b", rows.get(1).getAs("completion"));
    }

    @Test
    void oneFailureFailsTheRow() {
        StubEngine engine = new StubEngine(
                1,
                false,
                true,
                request -> request.rowId().endsWith("#1")
                        ? Completion.failed("no room", request.promptTokens().length)
                        : complete(request));
        Row row = TaskRun.of(spec(new GenerateTask(null, NONE, NONE, 2, 2, false)), COLUMNS, engine)
                .run(RowFactory.create("a", "p", null))
                .get(0);
        assertEquals("no room", row.getAs("error"));
        assertNull(row.getAs("completion"));
        assertEquals(10, row.<Integer>getAs("completion_tokens"));
    }

    @Test
    void theWindowCountsAllRequestsOfARow() {
        StubEngine engine = new StubEngine(0, false, true, GenerateRowsTest::complete);
        GenerateTask task = new GenerateTask(null, NONE, NONE, 5, 5, false);
        var rows = new GenerateFunction(
                        spec(task),
                        TaskRun.of(spec(task), COLUMNS, engine).columns(),
                        null,
                        StubSource.of("several", engine))
                .call(List.<Row>of(
                                RowFactory.create("a", "p", null),
                                RowFactory.create("b", "p", null),
                                RowFactory.create("c", "p", null),
                                RowFactory.create("d", "p", null),
                                RowFactory.create("e", "p", null))
                        .iterator());
        assertTrue(rows.hasNext());
        assertEquals(20, engine.queued(), "16 are enough");
    }

    @Test
    void aPromptThatWouldNotFitTheMemorySeveralTimesCarriesTheReason() {
        Row row = run(new GenerateTask(null, NONE, NONE, 3, 3, false))
                .run(RowFactory.create("a", "x".repeat(1 << 20), null))
                .get(0);
        assertTrue(row.<String>getAs("error").startsWith("a prompt of 1048576 tokens cannot be completed 3 times"));
    }
}
