package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.promptmill.udf.engine.Completion;
import io.promptmill.udf.engine.CompletionDetails;
import io.promptmill.udf.engine.FinishReason;
import io.promptmill.udf.engine.ReasoningSpec;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.sampler.SamplingParameters;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Test;

class ThinkingTest {
    private static final PromptSpec CHAT = new PromptSpec(PromptSpec.Source.COLUMN, "prompt", null, true);
    private static final StubEngine ENCODER = new StubEngine(0, true, false, StubEngine::echo);
    private static final Thinking OFF = new Thinking(Reasoning.OFF);

    private static String settled(String prompt) {
        return StubEngine.text(OFF.settle(prompt.codePoints().toArray(), ENCODER));
    }

    @Test
    void thinkingThatATemplateBeginsIsEnded() {
        assertEquals("<a><think></think>\n\n", settled("<a><think>"));
        assertEquals("<a><think>\n</think>\n\n", settled("<a><think>\n"));
        assertEquals("<a><think>\n\n</think>\n\n", settled("<a><think>\n\n"));
    }

    @Test
    void otherPromptsStayAsTheyAre() {
        for (String prompt : List.of(
                "<a>", "", "<think>", "say <think> and go", "<a><think>\n\n</think>\n\n", "<a><think></think>")) {
            assertEquals(prompt.equals("<think>") ? "<think></think>\n\n" : prompt, settled(prompt));
        }
        int[] open = "<a><think>".codePoints().toArray();
        assertSame(open, new Thinking(Reasoning.AS_MODEL).settle(open, ENCODER));
        assertSame(open, new Thinking(new Reasoning(Reasoning.Mode.ON, Reasoning.USUAL_MARKS)).settle(open, ENCODER));
    }

    @Test
    void anEndOfOneTokenIsSeenBehindTheStart() {
        Thinking short1 = new Thinking(new Reasoning(Reasoning.Mode.OFF, new ReasoningSpec("«", "»", 0)));
        assertEquals("a«»", StubEngine.text(short1.settle("a«»".codePoints().toArray(), ENCODER)));
        assertEquals(
                "a«\n»\n\n", StubEngine.text(short1.settle("a«\n".codePoints().toArray(), ENCODER)));
    }

    @Test
    void aMarkOfOneTokenIsNotSampled() {
        Thinking one = new Thinking(new Reasoning(Reasoning.Mode.OFF, new ReasoningSpec("«", "»", 0)));
        SamplingParameters sampling =
                SamplingParameters.DEFAULT.toBuilder().logitBias(Map.of(5, 1f)).build();
        assertEquals(
                Map.of(5, 1f, (int) '«', Float.NEGATIVE_INFINITY),
                one.settle(sampling, new int[] {1}, ENCODER).logitBias());
        assertSame(sampling, OFF.settle(sampling, new int[] {1}, ENCODER), "a mark of several tokens");
        assertSame(sampling, new Thinking(Reasoning.AS_MODEL).settle(sampling, new int[] {1}, ENCODER));
    }

    @Test
    void whatAModelThinksHasAColumn() {
        StubEngine engine = new StubEngine(
                1,
                true,
                true,
                request -> new Completion(
                        "answer",
                        FinishReason.STOP,
                        1,
                        9,
                        null,
                        new CompletionDetails("thought", 5, null, null, Double.NaN),
                        false));
        Reasoning on = new Reasoning(Reasoning.Mode.ON, new ReasoningSpec("<t>", "</t>", 20));
        Row row = TaskRun.of(LocalSpark.spec(null, CHAT, Map.of()).withReasoning(on), "prompt STRING", engine)
                .run(RowFactory.create("x"))
                .get(0);
        assertEquals("answer", row.getAs("completion"));
        assertEquals("thought", row.getAs("reasoning"));
        assertEquals(9, row.<Integer>getAs("completion_tokens"));
        assertEquals(on.marks(), engine.seen().get(0).options().reasoning());
        assertEquals(true, engine.lastVariables().get("enable_thinking"));
    }

    @Test
    void offAsksTheTemplateAndHasNoColumn() {
        StubEngine engine = new StubEngine(1, true, true, StubEngine::echo);
        Row row = TaskRun.of(
                        LocalSpark.spec(null, CHAT, Map.of()).withReasoning(Reasoning.OFF), "prompt STRING", engine)
                .run(RowFactory.create("x"))
                .get(0);
        assertFalse(List.of(row.schema().fieldNames()).contains("reasoning"));
        assertNull(engine.seen().get(0).options().reasoning());
        assertEquals(Map.of("enable_thinking", false, "thinking", false), engine.lastVariables());
    }

    @Test
    void aModelIsLeftAloneWhereNothingIsAsked() {
        StubEngine engine = new StubEngine(1, true, true, StubEngine::echo);
        TaskRun.of(LocalSpark.spec(null, CHAT, Map.of()), "prompt STRING", engine)
                .run(RowFactory.create("x"));
        assertEquals(Map.of(), engine.lastVariables());
    }
}
