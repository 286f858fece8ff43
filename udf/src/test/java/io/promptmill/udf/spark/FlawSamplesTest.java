package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.engine.Completion;
import io.promptmill.udf.engine.FinishReason;
import io.promptmill.udf.engine.Request;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.spark.FlawSamples.Sample;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.commons.lang3.SerializationUtils;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Test;

class FlawSamplesTest {

    private static FlawSamples samples(Flaw flaw, int count) {
        FlawSamples samples = new FlawSamples();
        IntStream.range(0, count).forEach(i -> samples.add(new Sample(flaw, flaw.label() + i)));
        return samples;
    }

    @Test
    void aFewOfEachFlawAreKeptHoweverManyThereAre() {
        FlawSamples all = samples(Flaw.EMPTY, 10);
        assertEquals(List.of("empty0", "empty1", "empty2"), FlawSamples.texts(all.value(), Flaw.EMPTY));
        all.merge(samples(Flaw.EMPTY, 10));
        all.merge(samples(Flaw.INVALID, 2));
        assertEquals(5, all.value().size());
        assertTrue(!all.wants(Flaw.EMPTY) && all.wants(Flaw.INVALID));
        var copy = all.copy();
        all.reset();
        assertTrue(all.isZero());
        assertEquals(5, copy.value().size(), "a copy is its own");
    }

    @Test
    void travelsEmptyToExecutorsAndFullBack() {
        FlawSamples onDriver = samples(Flaw.EMPTY, 1);
        LocalSpark.session().sparkContext().register(onDriver);
        FlawSamples onExecutor = SerializationUtils.roundtrip(onDriver);
        assertTrue(onExecutor.isZero());
        onExecutor.add(new Sample(Flaw.LENGTH, "a"));
        FlawSamples back = SerializationUtils.roundtrip(onExecutor);
        assertEquals(onExecutor.value(), back.value());
        assertEquals(onDriver.id(), back.id());
    }

    /** The flaw is what the prompt says. */
    private static Completion flawed(Request request) {
        String prompt = StubEngine.text(request);
        int tokens = prompt.length();
        if (prompt.contains("refuse")) {
            return Completion.failed("refused", tokens);
        }
        FinishReason reason = prompt.contains("long")
                ? FinishReason.LENGTH
                : prompt.contains("loop") ? FinishReason.REPETITION : FinishReason.STOP;
        return new Completion(prompt.contains("empty") ? "\n " : "é".repeat(500), reason, tokens, 3, null);
    }

    @Test
    void rowsAreCountedByTheirFlawsAndTheFirstOnesShown() {
        GenerateSpec spec = new GenerateSpec(
                "m",
                "ID",
                new PromptSpec(PromptSpec.Source.TEMPLATE, "Say\n{{ text }}", null, false),
                LocalSpark.spec(null, LocalSpark.column("text"), Map.of()).sampling(),
                Map.of(),
                LocalSpark.spec(null, LocalSpark.column("text"), Map.of()).engine());
        TaskRun run = TaskRun.of(spec, "id INT, text STRING", new StubEngine(1, false, false, FlawSamplesTest::flawed));
        Row[] rows = List.of("fine", "empty", "long", "empty and long", "loop", "refuse", "x").stream()
                .map(text -> RowFactory.create(text.length(), text))
                .toArray(Row[]::new);
        rows[6] = RowFactory.create(null, "without an id");
        run.run(rows);
        GenerateMetrics metrics = run.metrics();
        assertEquals(7, metrics.rows().value());
        assertEquals(2, metrics.rowsWith(Flaw.EMPTY).value());
        assertEquals(2, metrics.rowsWith(Flaw.LENGTH).value());
        assertEquals(1, metrics.rowsWith(Flaw.REPETITION).value());
        assertEquals(2, metrics.rowsWith(Flaw.INVALID).value());
        List<Sample> samples = metrics.samples().value();
        assertEquals(
                List.of("ID 5: stop, \" \" after \"Say empty\"", "ID 14: length, \" \" after \"Say empty and long\""),
                FlawSamples.texts(samples, Flaw.EMPTY));
        assertEquals(
                List.of("ID 4: repetition, \"" + "é".repeat(200) + "…\" after \"Say loop\""),
                FlawSamples.texts(samples, Flaw.REPETITION));
        List<String> invalid = FlawSamples.texts(samples, Flaw.INVALID);
        assertEquals("ID 6: refused", invalid.get(0));
        assertTrue(invalid.get(1).startsWith("ID null: id column 'ID' is null"), invalid.get(1));
    }
}
