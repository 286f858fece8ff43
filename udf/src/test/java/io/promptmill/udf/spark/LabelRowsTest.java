package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.engine.ChoiceRequest;
import io.promptmill.udf.engine.ChoiceScores;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.prompt.PromptSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Test;

class LabelRowsTest {
    private static final String[] NO_ROWS = {};

    /** Gives a choice the share of the prompt that consists of its first letter, and a little more than nothing. */
    private static StubEngine counting() {
        return new StubEngine(0, false, false, StubEngine::echo).scoring(LabelRowsTest::count);
    }

    private static ChoiceScores count(ChoiceRequest request) {
        int[] prompt = request.promptTokens();
        return StubEngine.scores(
                request,
                request.choices().stream()
                        .mapToDouble(choice -> Math.log(0.001
                                + Arrays.stream(prompt)
                                        .filter(token -> token == choice[0])
                                        .count()))
                        .toArray());
    }

    private static LabelTask task(String column, double abstainBelow, String calibrate, LabelChoice... choices) {
        return new LabelTask(List.of(choices), column, false, LabelTask.YES_NO, 0.5, abstainBelow, calibrate);
    }

    private static LabelChoice choice(String text) {
        return new LabelChoice(text, null);
    }

    private static String refusal(LabelTask task, PromptSpec prompt, String columns) {
        return assertThrows(
                        ConfigException.class,
                        () -> TaskRun.of(task, prompt, columns, counting()).function())
                .getMessage();
    }

    private static List<String> errors(List<Row> rows) {
        return rows.stream().map(row -> row.<String>getAs("error")).toList();
    }

    @Test
    void theMostLikelyChoiceIsTheLabel() {
        StubEngine engine = counting();
        TaskRun run = TaskRun.of(LabelTask.of("apple", "banana"), LocalSpark.column("prompt"), "prompt STRING", engine);
        List<Row> rows = run.run(RowFactory.create("aab"), RowFactory.create("xbbb"), RowFactory.create("xx"));
        assertEquals(
                List.of(
                        "prompt",
                        "label",
                        "probability",
                        "margin",
                        "probabilities",
                        "finish_reason",
                        "prompt_tokens",
                        "completion_tokens",
                        "error",
                        "error_category",
                        "attempts"),
                List.of(rows.get(0).schema().fieldNames()));
        assertEquals(
                List.of("apple", "banana", "apple"),
                rows.stream().map(row -> row.<String>getAs("label")).toList());
        assertEquals(2.001 / 3.002, rows.get(0).<Double>getAs("probability"), 1e-12);
        assertEquals(1 / 3.002, rows.get(0).<Double>getAs("margin"), 1e-12);
        Map<String, Double> probabilities = rows.get(1).getJavaMap(4);
        assertEquals(3.001 / 3.002, probabilities.get("banana"), 1e-12);
        assertEquals(1, probabilities.get("banana") + probabilities.get("apple"), 1e-12);
        assertEquals("stop", rows.get(0).getAs("finish_reason"));
        assertEquals(3, rows.get(0).<Integer>getAs("prompt_tokens"));
        assertEquals(11, rows.get(0).<Integer>getAs("completion_tokens"));
        assertNull(rows.get(0).getAs("error"));
        assertEquals(3, run.metrics().rows().value());
        assertEquals(9, run.metrics().promptTokens().value());
        assertEquals(33, run.metrics().completionTokens().value());
        assertEquals("banana", StubEngine.text(engine.scored().get(0).choices().get(1)));
    }

    @Test
    void anUncertainRowGetsNoLabelButItsProbabilities() {
        List<Row> rows = TaskRun.of(
                        task(null, 0.6, null, choice("a"), choice("b")),
                        LocalSpark.column("prompt"),
                        "prompt STRING",
                        counting())
                .run(RowFactory.create("ab"), RowFactory.create("aab"));
        assertNull(rows.get(0).getAs("label"));
        assertEquals(0.5, rows.get(0).<Double>getAs("probability"), 1e-12);
        assertEquals(2, rows.get(0).getJavaMap(4).size());
        assertEquals("stop", rows.get(0).getAs("finish_reason"));
        assertEquals("a", rows.get(1).getAs("label"));
    }

    @Test
    void calibrationAsksOnceAboutContentFreeText() {
        StubEngine engine = counting();
        TaskRun run = TaskRun.of(
                task(null, 0, "N/A", choice("a"), choice("b")),
                TaskRun.template("aaab: {{ text }}"),
                "text STRING",
                engine);
        List<Row> rows = run.run(RowFactory.create("b"), RowFactory.create("bb"), RowFactory.create("a"));
        List<String> asked = engine.scored().stream()
                .map(request -> StubEngine.text(request.promptTokens()))
                .toList();
        assertEquals(4, asked.size());
        assertEquals(1, asked.stream().filter("aaab: N/A"::equals).count());
        double forA = 3.001 / 3.001;
        double forB = 2.001 / 1.001;
        assertEquals("b", rows.get(0).getAs("label"));
        assertEquals(forB / (forA + forB), rows.get(0).<Double>getAs("probability"), 1e-12);
        assertEquals("a", rows.get(2).getAs("label"));
        assertEquals("aaab: b".length(), rows.get(0).<Integer>getAs("prompt_tokens"));
        assertEquals(
                asked.stream().mapToInt(String::length).sum(),
                run.metrics().promptTokens().value());
    }

    @Test
    void contentFreeTextTakesTheFormOfTheColumn() {
        StubEngine engine = counting();
        TaskRun.of(
                        task(null, 0, "N/A", choice("a"), choice("b")),
                        TaskRun.template("{{ who.name }} {{ tags[0] }} {{ stars }}"),
                        "who STRUCT<name: STRING>, tags ARRAY<STRING>, stars INT",
                        engine)
                .run(RowFactory.create(RowFactory.create("Ida"), new String[] {"x"}, 5));
        assertEquals(
                List.of("Ida x 5", "N/A N/A N/A"),
                engine.scored().stream()
                        .map(request -> StubEngine.text(request.promptTokens()))
                        .toList());
    }

    @Test
    void eachRowMayHaveChoicesOfItsOwn() {
        StubEngine engine = counting();
        List<Row> rows = TaskRun.of(
                        task("of", 0, "N/A"),
                        TaskRun.template("{{ text }}{% for c in choices %}|{{ c.text }}{% endfor %}"),
                        "text STRING, of ARRAY<STRING>",
                        engine)
                .run(
                        RowFactory.create("cc", new String[] {"b", "c"}),
                        RowFactory.create("d", new String[] {"d"}),
                        RowFactory.create("cc", new String[] {"b", "c"}),
                        RowFactory.create("x", NO_ROWS),
                        RowFactory.create("x", null),
                        RowFactory.create("x", new String[] {"a", null}),
                        RowFactory.create("x", new String[] {"a", " "}),
                        RowFactory.create("x", new String[] {"a", "b", "a"}),
                        RowFactory.create("xyz", new String[] {"a", "a~"}),
                        RowFactory.create("x", new String[] {"~"}));
        assertEquals("cc|b|c", StubEngine.text(engine.scored().get(0).promptTokens()));
        assertEquals("N/A|b|c", StubEngine.text(engine.scored().get(1).promptTokens()));
        assertEquals(5, engine.scored().size(), "two rows of the same choices, one of others");
        assertEquals("c", rows.get(0).getAs("label"));
        assertEquals("d", rows.get(1).getAs("label"));
        assertEquals(1.0, rows.get(1).<Double>getAs("margin"));
        String expected = "; expected texts that differ, such as [\"positive\", \"negative\"]";
        assertEquals(
                Arrays.asList(
                        null,
                        null,
                        null,
                        "label column 'of' is empty in this row" + expected,
                        "label column 'of' is null in this row" + expected,
                        "label column 'of' has null at position 1" + expected,
                        "label column 'of' has blank text at position 1" + expected,
                        "label column 'of' has 'a' twice in this row" + expected,
                        "the choices 'a' and 'a~' have the same tokens with this model, which cannot tell them apart;"
                                + " choose other texts",
                        "the choice '~' has no tokens with this model; choose another text"),
                new ArrayList<>(errors(rows)));
        assertEquals("error", rows.get(8).getAs("finish_reason"));
        assertEquals("xyz|a|a~".length(), rows.get(8).<Integer>getAs("prompt_tokens"));
        assertNull(rows.get(8).getAs("label"));
        assertNull(rows.get(8).getAs("probabilities"));
    }

    @Test
    void choicesOfARowMayBeJson() {
        List<Row> rows = TaskRun.of(
                        task("of", 0, null), LocalSpark.column("text"), "text STRING, of STRING", counting())
                .run(
                        RowFactory.create("cc", "[\"b\", \"c\"]"),
                        RowFactory.create("cc", "{}"),
                        RowFactory.create("cc", "[\"b\", 3]"),
                        RowFactory.create("cc", "[\"b\"] x"),
                        RowFactory.create("cc", ""));
        assertEquals("c", rows.get(0).getAs("label"));
        List<String> errors = errors(rows);
        assertTrue(errors.get(1).startsWith("label column 'of' is no JSON array in this row"), errors.get(1));
        assertTrue(errors.get(2).startsWith("label column 'of' has NUMBER instead of text"), errors.get(2));
        assertTrue(errors.get(3).startsWith("label column 'of' is not JSON in this row"), errors.get(3));
        assertTrue(errors.get(4).startsWith("label column 'of' is no JSON array in this row"), errors.get(4));
    }

    @Test
    void aRowThatCannotBeScoredCarriesTheReason() {
        StubEngine engine = new StubEngine(0, false, false, StubEngine::echo)
                .scoring(request -> request.promptTokens().length > 3
                        ? ChoiceScores.failed("too long", request.promptTokens().length)
                        : StubEngine.scores(request, Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY));
        TaskRun run = TaskRun.of(LabelTask.of("a", "b"), LocalSpark.column("prompt"), "prompt STRING", engine);
        List<Row> rows = run.run(RowFactory.create("abcd"), RowFactory.create("ab"), RowFactory.create((Object) null));
        assertEquals("too long", rows.get(0).getAs("error"));
        assertTrue(errors(rows).get(1).contains("no probability"));
        assertTrue(errors(rows).get(2).contains("is null in this row"));
        assertEquals(3, run.metrics().errors().value());
        assertEquals(4, rows.get(0).<Integer>getAs("prompt_tokens"));
    }

    @Test
    void choicesAndDescriptionsReachTheTemplate() {
        StubEngine engine = counting();
        TaskRun.of(
                        task(null, 0, null, new LabelChoice("a", "first"), choice("b")),
                        TaskRun.template(
                                "{% for c in choices %}{{ c.text }}={{ c.description }};{% endfor %}{{ text }}"),
                        "text STRING",
                        engine)
                .run(RowFactory.create("x"));
        assertEquals("a=first;b=;x", StubEngine.text(engine.scored().get(0).promptTokens()));
    }

    @Test
    void thinkingIsTurnedOff() {
        StubEngine engine = new StubEngine(0, true, false, StubEngine::echo).scoring(LabelRowsTest::count);
        PromptSpec chat = new PromptSpec(PromptSpec.Source.COLUMN, "prompt", null, true);
        TaskRun.of(LabelTask.of("a", "b"), chat, "prompt STRING", engine).run(RowFactory.create("x"));
        assertEquals(false, engine.lastVariables().get("enable_thinking"));
    }

    @Test
    void whatCannotWorkIsRefusedBeforeARow() {
        LabelChoice described = new LabelChoice("a", "first");
        String unused =
                refusal(task(null, 0, null, described, choice("b")), LocalSpark.column("prompt"), "prompt STRING");
        assertTrue(unused.startsWith("label.choices has descriptions, but the prompt does not use them"), unused);
        assertTrue(refusal(
                        task(null, 0, null, described, choice("b")),
                        TaskRun.template("{% for c in choices %}{{ c.text }}{% endfor %}{{ prompt }}"),
                        "prompt STRING")
                .startsWith("label.choices has descriptions"));
        assertEquals(
                "template variable 'choices' is what this task gives to a template, and column 'Choices' of the input,"
                        + " too; rename the column",
                refusal(LabelTask.of("a", "b"), TaskRun.template("{{ choices }}"), "Choices STRING"));
        assertEquals(
                "label column 'n' is of type int; expected array<string>, or string with a JSON array of texts",
                refusal(task("n", 0, null), LocalSpark.column("prompt"), "prompt STRING, n INT"));
        assertTrue(refusal(task("off", 0, null), LocalSpark.column("prompt"), "prompt STRING, of STRING")
                .startsWith("label column 'off' is not a column of the input; did you mean 'of'?"));
        assertTrue(refusal(task(null, 0, "N/A", choice("a"), choice("b")), LocalSpark.column("prompt"), "prompt STRING")
                .startsWith("label.calibrate needs prompt.template"));
        assertTrue(refusal(task(null, 0, "N/A", choice("a"), choice("b")), TaskRun.template("{{ n | abs }}"), "n INT")
                .startsWith("label.calibrate puts 'N/A' in place of every value"));
        assertTrue(refusal(LabelTask.of("a", "b"), LocalSpark.column("prompt"), "prompt STRING, margin DOUBLE")
                .startsWith("input column 'margin' has the name of an output column"));
    }

    @Test
    void aColumnOutsideOfALabelJobMayHaveTheNameOfItsVariables() {
        List<Row> rows = TaskRun.of(
                        GenerateTask.DEFAULT,
                        TaskRun.template("{{ choices }}"),
                        "choices STRING",
                        new StubEngine(1, false, false, StubEngine::echo))
                .run(RowFactory.create("x"));
        assertEquals("<x>", rows.get(0).getAs("completion"));
    }

    @Test
    void aModelThatCannotTellTheChoicesApartEndsTheJob() {
        GenerateFunction function = TaskRun.of(
                        LabelTask.of("a", "a~"), LocalSpark.column("prompt"), "prompt STRING", counting())
                .function();
        assertEquals(
                "label.choices: the choices 'a' and 'a~' have the same tokens with this model, which cannot tell them"
                        + " apart; choose other texts",
                assertThrows(
                                ConfigException.class,
                                () -> function.call(
                                        List.of(RowFactory.create("x")).iterator()))
                        .getMessage());
    }
}
