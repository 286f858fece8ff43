package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.engine.CompletionOptions;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.sampler.SamplingParameters;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What the specifications of tasks refuse. */
class TaskSpecTest {
    private static final int NONE = CompletionOptions.NONE;

    private static String refusal(Executable making) {
        return assertThrows(ConfigException.class, making).getMessage();
    }

    private static LabelTask label(List<String> answers, double threshold, double abstainBelow) {
        return new LabelTask(LabelTask.of("a", "b").choices(), null, true, answers, threshold, abstainBelow, null);
    }

    private static GenerateSpec spec() {
        return LocalSpark.spec(null, LocalSpark.column("prompt"), Map.of());
    }

    @Test
    void completionsAreCountedAndCompared() {
        assertEquals(
                "generate.n is 0; expected 1 to 1000", refusal(() -> new GenerateTask(null, NONE, NONE, 0, 1, false)));
        assertEquals(
                "generate.best_of is 2; expected generate.n, which is 3, to 1000",
                refusal(() -> new GenerateTask(null, NONE, NONE, 3, 2, false)));
        assertTrue(refusal(() -> new GenerateTask(null, 21, NONE, 1, 1, false)).startsWith("logprobs is 21"));
        assertTrue(refusal(() -> new GenerateTask(null, NONE, -2, 1, 1, false)).startsWith("prompt_logprobs is -2"));
        GenerateTask three = new GenerateTask(null, NONE, NONE, 3, 3, false);
        assertEquals(
                "generate.n is 3, but with sampling.temperature 0 all would be equal; set a temperature, such as 0.8",
                refusal(() -> spec().withTask(three)));
        assertEquals(
                "generate.best_of is 2, but with sampling.temperature 0 all would be equal; set a temperature, such as 0.8",
                refusal(() -> spec().withTask(new GenerateTask(null, NONE, NONE, 1, 2, false))));
        assertEquals(
                three,
                LocalSpark.spec(null, LocalSpark.column("prompt"), Map.of("temperature", "heat"))
                        .withTask(three)
                        .task());
    }

    @Test
    void choicesDifferAndAreText() {
        assertEquals(
                "a label job needs exactly one of label.choices and label.column; none is given",
                refusal(() -> LabelTask.of()));
        assertEquals(
                "a label job needs exactly one of label.choices and label.column; both are given",
                refusal(() -> new LabelTask(LabelTask.of("a").choices(), "c", false, LabelTask.YES_NO, 0.5, 0, null)));
        assertEquals(
                "label.choices[1] is ' '; expected a text that is not blank", refusal(() -> LabelTask.of("a", " ")));
        assertEquals("label.choices has 'a' twice; remove one of them", refusal(() -> LabelTask.of("a", "b", "a")));
        String[] many = IntStream.range(0, 10_001).mapToObj(Integer::toString).toArray(String[]::new);
        assertEquals("label.choices has 10001 texts; expected at most 10000", refusal(() -> LabelTask.of(many)));
    }

    @Test
    void answersAndThresholdsAreChecked() {
        assertEquals(
                "label.answers is [yes]; expected two texts, the first for a choice, such as [yes, no]",
                refusal(() -> label(List.of("yes"), 0.5, 0)));
        assertEquals(
                "label.answers has 'yes' twice; remove one of them",
                refusal(() -> label(List.of("yes", "yes"), 0.5, 0)));
        assertEquals(
                "label.threshold is 1.5; expected a probability, 0 to 1",
                refusal(() -> label(LabelTask.YES_NO, 1.5, 0)));
        assertEquals(
                "label.abstain_below is NaN; expected a probability, 0 to 1",
                refusal(() -> label(LabelTask.YES_NO, 0.5, Double.NaN)));
    }

    @Test
    void aLabelJobRefusesWhatHasNoEffectOnIt() {
        LabelTask task = LabelTask.of("a", "b");
        assertEquals(
                "a label job samples nothing; remove the settings of sampling",
                refusal(() -> LocalSpark.spec(null, LocalSpark.column("prompt"), Map.of("seed", "n"))
                        .withTask(task)));
        GenerateSpec warm = new GenerateSpec(
                "m",
                null,
                LocalSpark.column("prompt"),
                SamplingParameters.DEFAULT.toBuilder().temperature(1).build(),
                Map.of(),
                spec().engine());
        assertEquals(
                "a label job samples nothing; remove the settings of sampling", refusal(() -> warm.withTask(task)));
        assertTrue(refusal(() -> spec().withTask(task).withReasoning(Reasoning.OFF))
                .startsWith("a label job computes the choices as the answer itself"));
    }

    @Test
    void reasoningHasMarksWhereItIsOnOrOff() {
        assertTrue(refusal(() -> new Reasoning(Reasoning.Mode.ON, null)).startsWith("reasoning has mode ON"));
        assertTrue(refusal(() -> new Reasoning(Reasoning.Mode.AS_MODEL, Reasoning.USUAL_MARKS))
                .startsWith("reasoning has mode AS_MODEL"));
    }
}
