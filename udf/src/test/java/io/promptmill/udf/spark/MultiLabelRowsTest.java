package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.engine.ChoiceRequest;
import io.promptmill.udf.engine.ChoiceScores;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.prompt.PromptSpec;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Test;

class MultiLabelRowsTest {
    private static final PromptSpec TEMPLATE = TaskRun.template("{{ choice }} in {{ text }}?");

    /** Answers yes with 0.9 where the text has the choice, with 0.3 where it has not, and with 0.6 to {@code N/A}. */
    private static ChoiceScores search(ChoiceRequest request) {
        String[] question = StubEngine.text(request.promptTokens()).split(" in ");
        double yes = question[1].contains(question[0]) ? 0.9 : question[1].startsWith("N/A") ? 0.6 : 0.3;
        return StubEngine.scores(request, Math.log(yes / 10), Math.log((1 - yes) / 10));
    }

    private static StubEngine engine() {
        return new StubEngine(0, false, false, StubEngine::echo).scoring(MultiLabelRowsTest::search);
    }

    private static LabelTask task(List<String> answers, double threshold, double abstainBelow, String calibrate) {
        return new LabelTask(
                List.of(new LabelChoice("sun", "warm"), new LabelChoice("sea", null)),
                null,
                true,
                answers,
                threshold,
                abstainBelow,
                calibrate);
    }

    private static LabelTask plain(double threshold, double abstainBelow, String calibrate) {
        return new LabelTask(
                LabelTask.of("sun", "sea").choices(), null, true, LabelTask.YES_NO, threshold, abstainBelow, calibrate);
    }

    @Test
    void everyChoiceIsAskedAboutByItself() {
        StubEngine engine = engine();
        TaskRun run = TaskRun.of(plain(0.5, 0, null), TEMPLATE, "text STRING", engine);
        List<Row> rows = run.run(RowFactory.create("sun sea"), RowFactory.create("sea"), RowFactory.create("moon"));
        assertEquals(
                List.of(List.of("sun", "sea"), List.of("sea"), List.of()),
                rows.stream().map(row -> row.getList(1)).toList());
        Map<String, Double> probabilities = rows.get(1).getJavaMap(4);
        assertEquals(0.3, probabilities.get("sun"), 1e-12);
        assertEquals(0.9, probabilities.get("sea"), 1e-12);
        assertEquals(0.7, rows.get(1).<Double>getAs("probability"), 1e-12);
        assertEquals(0.2, rows.get(1).<Double>getAs("margin"), 1e-12);
        assertEquals("sun in sea?sea in sea?".length(), rows.get(1).<Integer>getAs("prompt_tokens"));
        assertEquals(10, rows.get(1).<Integer>getAs("completion_tokens"));
        assertEquals(6, engine.scored().size());
        assertEquals(3, run.metrics().rows().value());
        assertEquals("yes", StubEngine.text(engine.scored().get(0).choices().get(0)));
    }

    @Test
    void theThresholdAndAbstainingDecideWhatBecomesOfProbabilities() {
        List<Row> rows = TaskRun.of(plain(0.25, 0.8, null), TEMPLATE, "text STRING", engine())
                .run(RowFactory.create("sun sea"), RowFactory.create("sea"));
        assertEquals(List.of("sun", "sea"), rows.get(0).getList(1));
        assertNull(rows.get(1).getAs("label"));
        assertEquals(0.05, rows.get(1).<Double>getAs("margin"), 1e-12);
        List<Row> low = TaskRun.of(plain(0.25, 0, null), TEMPLATE, "text STRING", engine())
                .run(RowFactory.create("sea"));
        assertEquals(List.of("sun", "sea"), low.get(0).getList(1));
    }

    @Test
    void calibrationAsksOnceAboutEachChoice() {
        StubEngine engine = engine();
        List<Row> rows = TaskRun.of(plain(0.5, 0, "N/A"), TEMPLATE, "text STRING", engine)
                .run(RowFactory.create("sun"), RowFactory.create("sea"));
        List<String> asked = engine.scored().stream()
                .map(request -> StubEngine.text(request.promptTokens()))
                .sorted()
                .toList();
        assertEquals(
                List.of("sea in N/A?", "sea in sea?", "sea in sun?", "sun in N/A?", "sun in sea?", "sun in sun?"),
                asked);
        double yes = 0.9 / 0.6;
        double no = 0.1 / 0.4;
        assertEquals(yes / (yes + no), rows.get(0).<String, Double>getJavaMap(4).get("sun"), 1e-12);
    }

    @Test
    void descriptionsAndAnswersOfOnesOwn() {
        StubEngine engine = engine();
        TaskRun.of(
                        task(List.of("ja", "nein"), 0.5, 0, null),
                        TaskRun.template("{{ choice }} in {{ text }} ({{ description }})"),
                        "text STRING",
                        engine)
                .run(RowFactory.create("x"));
        assertEquals("sun in x (warm)", StubEngine.text(engine.scored().get(0).promptTokens()));
        assertEquals("sea in x ()", StubEngine.text(engine.scored().get(1).promptTokens()));
        assertEquals("nein", StubEngine.text(engine.scored().get(0).choices().get(1)));
    }

    @Test
    void aRowWhoseQuestionsWouldNotFitTheMemoryCarriesTheReason() {
        StubEngine engine = engine();
        String text = "x".repeat(1 << 20);
        List<Row> rows = TaskRun.of(plain(0.5, 0, null), TEMPLATE, "text STRING", engine)
                .run(RowFactory.create(text), RowFactory.create("sun"));
        assertTrue(rows.get(0).<String>getAs("error").startsWith("the row's 2 choices make more than 2097152 tokens"));
        assertEquals(List.of("sun"), rows.get(1).getList(1));
    }

    @Test
    void theTemplateHasToNameTheChoice() {
        for (PromptSpec prompt : List.of(LocalSpark.column("text"), TaskRun.template("{{ text }}?"))) {
            String message = assertThrows(
                            ConfigException.class,
                            () -> TaskRun.of(plain(0.5, 0, null), prompt, "text STRING", engine())
                                    .function())
                    .getMessage();
            assertTrue(message.startsWith("label.multi asks about each choice by itself"), message);
        }
    }

    @Test
    void answersThatTheModelCannotTellApartEndTheJob() {
        GenerateFunction function = TaskRun.of(
                        task(List.of("no", "no~"), 0.5, 0, null),
                        TaskRun.template("{{ choice }} {{ description }}"),
                        "text STRING",
                        engine())
                .function();
        String message = assertThrows(
                        ConfigException.class,
                        () -> function.call(List.of(RowFactory.create("x")).iterator()))
                .getMessage();
        assertTrue(message.startsWith("label.answers: the choices 'no' and 'no~'"), message);
    }
}
