package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.engine.Completion;
import io.promptmill.udf.engine.EngineConfig;
import io.promptmill.udf.engine.Request;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.prompt.PromptSpec.Source;
import io.promptmill.udf.sampler.SamplingParameters;
import java.nio.charset.Charset;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.TaskKilledException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.catalyst.expressions.GenericRow;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class GenerateFunctionTest {
    private static final int WINDOW = 4 * 4;

    private static StubEngine echo() {
        return new StubEngine(3, false, true, StubEngine::echo);
    }

    private static GenerateFunction function(StubSource source, Dataset<Row> rows, GenerateSpec spec) {
        return new GenerateFunction(
                spec,
                rows.schema(),
                GenerateMetrics.register(rows.sparkSession().sparkContext()),
                source);
    }

    @Test
    void keepsOrderAndAlignmentWhateverTheOrderOfCompletion() {
        StubEngine engine = echo();
        Dataset<Row> rows = LocalSpark.session()
                .range(0, 5000, 1, 3)
                .selectExpr("id", "concat('prompt ', id) AS prompt", "id * 2 AS twice");
        GenerateMetrics metrics = GenerateMetrics.register(LocalSpark.session().sparkContext());
        GenerateFunction function = new GenerateFunction(
                LocalSpark.spec("id", LocalSpark.column("prompt"), Map.of()),
                rows.schema(),
                metrics,
                StubSource.of("order", engine));
        List<Row> output = function.applyTo(rows).collectAsList();
        assertEquals(5000, output.size());
        for (int index = 0; index < output.size(); index++) {
            Row row = output.get(index);
            assertEquals(index, row.getLong(0));
            assertEquals(2L * index, row.getLong(2));
            assertEquals("<prompt " + index + ">", row.<String>getAs("completion"));
            assertEquals("stop", row.<String>getAs("finish_reason"));
            assertNull(row.getAs("error"));
        }
        assertTrue(engine.peakQueue() <= 2 * WINDOW, "queued at once: " + engine.peakQueue());
        assertEquals(5000, metrics.rows().value());
        assertEquals(0, metrics.errors().value());
        assertEquals(15000, metrics.completionTokens().value());
        assertEquals(
                output.stream()
                        .mapToLong(row -> row.<Integer>getAs("prompt_tokens"))
                        .sum(),
                metrics.promptTokens().value());
        assertEquals(
                IntStream.range(0, 5000).mapToObj(Integer::toString).collect(Collectors.toSet()),
                engine.seen().stream().map(Request::rowId).collect(Collectors.toSet()));
    }

    @Test
    void readsAheadNoFurtherThanTheWindow() throws Exception {
        StubEngine engine = echo();
        int[] taken = {0};
        Iterator<Row> rows = IntStream.range(0, 10_000)
                .mapToObj(index -> {
                    taken[0]++;
                    return RowFactory.create("p" + index);
                })
                .iterator();
        Iterator<Row> output = new GenerateFunction(
                        LocalSpark.spec(null, LocalSpark.column("prompt"), Map.of()),
                        StructType.fromDDL("prompt STRING"),
                        null,
                        StubSource.of("window", engine))
                .call(rows);
        for (int emitted = 0; output.hasNext(); emitted++) {
            assertEquals("<p" + emitted + ">", output.next().getString(1));
            assertTrue(taken[0] <= emitted + WINDOW + 1, taken[0] + " rows read for " + emitted + " written");
        }
        assertEquals(10_000, taken[0]);
    }

    @Test
    void longPromptsCloseTheWindowEarlier() throws Exception {
        StubEngine engine = new StubEngine(0, false, true, StubEngine::echo);
        String prompt = "x".repeat(1 << 20);
        Iterator<Row> output = new GenerateFunction(
                        LocalSpark.spec(null, LocalSpark.column("prompt"), Map.of()),
                        StructType.fromDDL("prompt STRING"),
                        null,
                        StubSource.of("long", engine))
                .call(Stream.generate(() -> RowFactory.create(prompt)).iterator());
        assertTrue(output.hasNext());
        assertEquals(CompletionIterator.WINDOW_TOKENS >> 20, engine.queued());
    }

    @Test
    void aRowThatCannotBeServedCarriesTheReasonAndOthersGoOn() {
        StubEngine engine = new StubEngine(2, false, false, request -> switch (StubEngine.text(request)) {
            case "refused" -> throw new RequestException("the prompt is refused");
            case "failed" -> Completion.failed("prompt of 6 tokens is over the limit", 6);
            default -> StubEngine.echo(request);
        });
        Dataset<Row> rows = LocalSpark.rows(
                "key STRING, prompt STRING, heat STRING",
                RowFactory.create("a", "fine", null),
                RowFactory.create("b", null, null),
                RowFactory.create("c", "", null),
                RowFactory.create("d", "refused", null),
                RowFactory.create("e", "failed", null),
                RowFactory.create(null, "no id", null),
                RowFactory.create("g", "hot", "tepid"),
                RowFactory.create("h", "fine too", "0.5"));
        GenerateFunction function = function(
                StubSource.of("errors", engine),
                rows.coalesce(1),
                LocalSpark.spec("key", LocalSpark.column("prompt"), Map.of("temperature", "heat")));
        List<Row> output = function.applyTo(rows).collectAsList();
        assertEquals(
                List.of("stop", "error", "error", "error", "error", "error", "error", "stop"),
                output.stream().map(row -> row.<String>getAs("finish_reason")).toList());
        List<String> errors =
                output.stream().map(row -> row.<String>getAs("error")).toList();
        assertNull(errors.get(0));
        assertEquals("prompt column 'prompt' is null in this row", errors.get(1));
        assertEquals("prompt column 'prompt' is empty in this row", errors.get(2));
        assertEquals("the prompt is refused", errors.get(3));
        assertEquals("prompt of 6 tokens is over the limit", errors.get(4));
        assertEquals("id column 'key' is null; give every row an id", errors.get(5));
        assertEquals("column 'heat' overrides temperature with 'tepid'; expected a number", errors.get(6));
        assertEquals(
                List.of(4, 0, 0, 7, 6, 5, 3, 8),
                output.stream().map(row -> row.<Integer>getAs("prompt_tokens")).toList());
        assertEquals(
                List.of(true, false, false, false, false, false, false, true),
                output.stream().map(row -> row.getAs("completion") != null).toList());
    }

    @Test
    void aRowWhoseValuesATemplateCannotComputeWithCarriesTheReason() {
        List<Row> output = complete(
                new PromptSpec(Source.TEMPLATE, "{{ n | abs }}", null, false),
                "n BIGINT",
                RowFactory.create(-1L),
                RowFactory.create(Long.MIN_VALUE),
                RowFactory.create(2L));
        assertEquals(
                Arrays.asList("<1>", null, "<2>"),
                output.stream().map(row -> row.getString(1)).toList());
        assertTrue(output.get(1).getString(5).startsWith("prompt template '{{ n | abs }}': "));
    }

    @Test
    void aRowThatIsNotOfItsSchemaCarriesTheReason() {
        List<Row> output =
                complete(LocalSpark.column("prompt"), "prompt STRING", RowFactory.create(7), RowFactory.create("fine"));
        assertTrue(
                output.get(0).getString(5).startsWith("the row cannot be made into a request (java.lang.ClassCast"),
                output.get(0).toString());
        assertEquals("<fine>", output.get(1).getString(1));
    }

    @Test
    void aKillWhileAPromptIsReadEndsTheTask() {
        StubEngine engine = new StubEngine(1, false, false, StubEngine::echo);
        Row killed = new GenericRow(new Object[] {"x"}) {
            @Override
            public String getString(int index) {
                throw new TaskKilledException("killed");
            }
        };
        Iterator<Row> output = new GenerateFunction(
                        LocalSpark.spec(null, LocalSpark.column("prompt"), Map.of()),
                        StructType.fromDDL("prompt STRING"),
                        null,
                        StubSource.of("killed-row", engine))
                .call(List.of((Row) killed).iterator());
        assertThrows(TaskKilledException.class, output::next);
    }

    @Test
    void allRowsOfAJobSeeTheDateOfItsStart() {
        StubEngine engine = new StubEngine(1, true, false, StubEngine::echo);
        PromptSpec prompt = new PromptSpec(Source.TEMPLATE, "{{ strftime_now('%Y-%m-%d %H:%M') }} {{ n }}", null, true);
        GenerateSpec spec = new GenerateSpec(
                "stub.gguf",
                null,
                prompt,
                SamplingParameters.DEFAULT,
                Map.of(),
                new EngineConfig(0, 512, 4, 0, 0, true, "auto", "auto"),
                "2026-01-31T23:30:00Z",
                AdapterSpec.NONE,
                GenerateTask.DEFAULT,
                Reasoning.AS_MODEL);
        Dataset<Row> rows = LocalSpark.session().range(0, 20, 1, 4).selectExpr("id AS n");
        List<Row> output = function(StubSource.of("date", engine), rows, spec)
                .applyTo(rows)
                .collectAsList();
        assertEquals(20, output.size());
        for (Row row : output) {
            assertEquals("<[user]2026-01-31 23:30 " + row.getLong(0) + ">", row.getString(1));
        }
        assertEquals(LocalDateTime.of(2026, 1, 31, 23, 30), engine.lastDate());
    }

    @Test
    void aJobThatNamesNoStartStartsNow() {
        GenerateSpec spec = LocalSpark.spec(null, LocalSpark.column("prompt"), Map.of());
        Duration since = Duration.between(Instant.parse(spec.start()), Instant.now());
        assertTrue(since.toMinutes() == 0 && !since.isNegative(), spec.start());
        assertEquals(LocalDateTime.ofInstant(Instant.parse(spec.start()), ZoneOffset.UTC), spec.now());
        ConfigException refusal = assertThrows(
                ConfigException.class,
                () -> new GenerateSpec(
                        "m",
                        null,
                        spec.prompt(),
                        spec.sampling(),
                        Map.of(),
                        spec.engine(),
                        "31 January",
                        AdapterSpec.NONE,
                        GenerateTask.DEFAULT,
                        Reasoning.AS_MODEL));
        assertTrue(refusal.getMessage().contains("'31 January'"), refusal.getMessage());
    }

    private static List<Row> complete(PromptSpec prompt, String schema, Row... rows) {
        StubSource source = StubSource.of("rows", new StubEngine(1, true, false, StubEngine::echo));
        List<Row> output = new ArrayList<>();
        new GenerateFunction(LocalSpark.spec(null, prompt, Map.of()), StructType.fromDDL(schema), null, source)
                .call(List.of(rows).iterator())
                .forEachRemaining(output::add);
        return output;
    }

    @Test
    void overridesReachTheEngineRowByRow() {
        StubEngine engine = echo();
        Dataset<Row> rows = LocalSpark.session()
                .sql("SELECT * FROM VALUES"
                        + " ('a', 0.5D, 10L, array('x', 'y'), map(7, 1.5F), '[1, 2]', true),"
                        + " ('b', null, null, null, null, null, null)"
                        + " AS t(prompt, heat, length, ends, bias, ids, on_and_on)");
        GenerateFunction function = function(
                StubSource.of("overrides", engine),
                rows,
                LocalSpark.spec(
                        null,
                        LocalSpark.column("prompt"),
                        Map.of(
                                "temperature", "heat",
                                "max_tokens", "length",
                                "stop", "ends",
                                "logit_bias", "bias",
                                "stop_token_ids", "ids",
                                "ignore_eos", "on_and_on")));
        assertEquals(2, function.applyTo(rows).collectAsList().size());
        Map<String, Request> byPrompt =
                engine.seen().stream().collect(Collectors.toMap(StubEngine::text, request -> request));
        var given = byPrompt.get("a").sampling();
        assertAll(
                () -> assertEquals(0.5, given.temperature()),
                () -> assertEquals(10, given.maxTokens()),
                () -> assertEquals(List.of("x", "y"), given.stop()),
                () -> assertEquals(Map.of(7, 1.5f), given.logitBias()),
                () -> assertEquals(List.of(1, 2), given.stopTokenIds()),
                () -> assertTrue(given.ignoreEos()),
                () -> assertEquals(SamplingParameters.DEFAULT, byPrompt.get("b").sampling()));
    }

    @Test
    void withoutAnIdColumnTheTokensKeyTheRow() throws Exception {
        Set<String> expected = Set.of(tokensDigest("one"), tokensDigest("two"));
        for (int partitions : new int[] {1, 3}) {
            StubEngine engine = echo();
            Dataset<Row> rows = LocalSpark.rows(
                            "prompt STRING",
                            RowFactory.create("one"),
                            RowFactory.create("two"),
                            RowFactory.create("one"))
                    .repartition(partitions);
            GenerateFunction function = function(
                    StubSource.of("ids-" + partitions, engine),
                    rows,
                    LocalSpark.spec(null, LocalSpark.column("prompt"), Map.of()));
            assertEquals(3, function.applyTo(rows).collectAsList().size());
            assertEquals(3, engine.seen().size());
            assertEquals(expected, engine.seen().stream().map(Request::rowId).collect(Collectors.toSet()));
        }
    }

    private static String tokensDigest(String ascii) throws Exception {
        byte[] bigEndian = ascii.getBytes(Charset.forName("UTF-32BE"));
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bigEndian));
    }

    @Test
    void promptsComeFromColumnsMessagesAndTemplates() {
        Row row = LocalSpark.session()
                .sql("SELECT 'hi' AS prompt, 7 AS stars,"
                        + " array(named_struct('role', 'user', 'content', 'hello')) AS turns,"
                        + " '[{\"role\":\"system\",\"content\":\"own\"},{\"role\":\"user\",\"content\":\"json\"}]' AS text,"
                        + " array(named_struct('role', 'user', 'content', CAST(null AS STRING))) AS broken")
                .first();
        assertEquals("<hi>", complete(row, new PromptSpec(Source.COLUMN, "prompt", null, false)));
        assertEquals("<be brief\n\nhi>", complete(row, new PromptSpec(Source.COLUMN, "prompt", "be brief", false)));
        assertEquals("<[user]hi>", complete(row, new PromptSpec(Source.COLUMN, "prompt", null, null)));
        assertEquals(
                "<[system]be brief[user]hi>", complete(row, new PromptSpec(Source.COLUMN, "PROMPT", "be brief", true)));
        assertEquals("<[user]hello>", complete(row, new PromptSpec(Source.MESSAGES, "turns", null, null)));
        assertEquals("<[system]s[user]hello>", complete(row, new PromptSpec(Source.MESSAGES, "turns", "s", true)));
        assertEquals("<[system]own[user]json>", complete(row, new PromptSpec(Source.MESSAGES, "text", "s", null)));
        assertEquals(
                "<rate hi: 7>",
                complete(row, new PromptSpec(Source.TEMPLATE, "rate {{ prompt }}: {{ stars }}", null, false)));
        assertEquals(
                "messages column 'broken' has a null message, role or content at position 0",
                complete(row, new PromptSpec(Source.MESSAGES, "broken", null, null)));
    }

    @Test
    void rowsBringRequestsOfTheirOwn() {
        List<RequestColumn> requests = List.of(
                RequestColumn.chat("[{\"role\":\"user\",\"content\":\"hi\"}]", "{\"type\":\"object\"}"),
                RequestColumn.text("plain", null),
                RequestColumn.refused("no such line"),
                RequestColumn.text(null, null));
        List<Row> rows = new ArrayList<>(requests.stream()
                .map(request -> RowFactory.create(request.toRow()))
                .toList());
        rows.add(RowFactory.create((Object) null));
        StructType schema = new StructType().add("request", RequestColumn.TYPE);
        PromptSpec prompt = new PromptSpec(Source.REQUEST, "request", null, null);
        StubEngine chats = new StubEngine(1, true, true, StubEngine::echo);
        assertEquals(
                List.of("<[user]hi>", "<plain>", "no such line", "prompt has no tokens", "the row has no request"),
                texts(chats, schema, prompt, rows));
        assertEquals(
                List.of("{\"type\":\"object\"}"),
                chats.seen().stream()
                        .map(request -> request.options().constraint())
                        .filter(Objects::nonNull)
                        .map(ConstraintSpec::source)
                        .toList());
        List<String> withoutTemplate = texts(echo(), schema, prompt, rows);
        assertTrue(withoutTemplate.get(0).contains("the model no chat template"), withoutTemplate.get(0));
        assertEquals("<plain>", withoutTemplate.get(1));
        ConfigException refused = assertThrows(
                ConfigException.class,
                () -> texts(echo(), new StructType().add("request", DataTypes.StringType), prompt, rows));
        assertTrue(refused.getMessage().contains("struct<messages:string,"), refused.getMessage());
    }

    private static List<String> texts(StubEngine engine, StructType schema, PromptSpec prompt, List<Row> rows) {
        GenerateFunction function = new GenerateFunction(
                LocalSpark.spec(null, prompt, Map.of()), schema, null, StubSource.of("requests", engine));
        List<String> texts = new ArrayList<>();
        function.call(rows.iterator())
                .forEachRemaining(row -> texts.add(row.isNullAt(1) ? row.getString(5) : row.getString(1)));
        return texts;
    }

    /** Completion or error of a row, from a model with a chat template. */
    private static String complete(Row input, PromptSpec prompt) {
        StubSource source = StubSource.of("prompts", new StubEngine(1, true, false, StubEngine::echo));
        GenerateFunction function =
                new GenerateFunction(LocalSpark.spec(null, prompt, Map.of()), input.schema(), null, source);
        Row output = function.call(List.of(input).iterator()).next();
        int completion = input.size();
        return output.isNullAt(completion) ? output.getString(completion + 4) : output.getString(completion);
    }

    @Test
    void aMissingChatTemplateIsAMistakeOfTheJob() {
        StructType schema = StructType.fromDDL("prompt STRING");
        StubSource source = StubSource.of("no-template", echo());
        GenerateFunction function = new GenerateFunction(
                LocalSpark.spec(null, new PromptSpec(Source.COLUMN, "prompt", null, true), Map.of()),
                schema,
                null,
                source);
        Iterator<Row> rows = List.of(RowFactory.create("hi")).iterator();
        assertTrue(assertThrows(ConfigException.class, () -> function.call(rows))
                .getMessage()
                .startsWith("the model has no chat template"));
    }

    @Test
    void anEngineFailureFailsTheTaskAndTellsTheSource() throws Exception {
        StubEngine engine = new StubEngine(1, false, false, request -> {
            throw new IllegalStateException("kernel panic");
        });
        StubSource source = StubSource.of("failure", engine);
        Iterator<Row> output = new GenerateFunction(
                        LocalSpark.spec(null, LocalSpark.column("prompt"), Map.of()),
                        StructType.fromDDL("prompt STRING"),
                        null,
                        source)
                .call(List.of(RowFactory.create("hi")).iterator());
        IllegalStateException failure = assertThrows(IllegalStateException.class, output::next);
        assertEquals("kernel panic", failure.getCause().getMessage());
        assertTrue(failure.getMessage().contains("stub.gguf"), failure.getMessage());
        assertTrue(source.wasToldOfFailure());
    }
}
