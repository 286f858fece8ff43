package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.sampler.SamplingParameters;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The step loop over the demo model, by a clock that the test sets. */
class TimeLimitTest {
    private static final Path DEMO = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");
    private static final int SECONDS = 10;

    private LoadedModel loaded;
    private StepLoop loop;
    private RequestStarter starter;
    private long now;

    private void open(int sequences, int seconds) {
        EngineConfig config = new EngineConfig(1, 64, sequences, 0, 0, true, "f32", "f32", seconds);
        loaded = LoadedModel.load(DEMO, config, List.of(), List.of());
        now = -5_000_000_000L;
        loop = loaded.newStepLoop(() -> now);
        starter = loaded.newRequestStarter();
    }

    @AfterEach
    void close() {
        loaded.close();
    }

    private ActiveCompletion add(String prompt, int tokens) {
        SamplingParameters sampling = SamplingParameters.DEFAULT.toBuilder()
                .maxTokens(tokens)
                .ignoreEos(true)
                .build();
        ActiveCompletion request =
                starter.completion(new Request(prompt, loaded.encoder().encodeText(prompt), sampling));
        loop.add(request);
        return request;
    }

    private void steps(int count) {
        for (int i = 0; i < count; i++) {
            loop.endOverdue();
            if (loop.hasWork()) {
                loop.step();
            }
        }
    }

    private void wait(int seconds) {
        now += TimeUnit.SECONDS.toNanos(seconds);
    }

    @Test
    void aRowBeyondItsTimeIsAnErrorAndTheOthersGoOn() {
        open(8, 0);
        ActiveCompletion alone = add("There once was a brave dog", 30);
        steps(30);
        String expected = alone.result().join().text();
        close();

        open(8, SECONDS);
        ActiveCompletion slow = add("Once upon a time", 200);
        steps(3);
        wait(SECONDS);
        ActiveCompletion late = add("There once was a brave dog", 30);
        steps(1);
        assertFalse(slow.result().isDone(), "it may take the whole time");
        now++;
        steps(1);
        Completion ended = slow.result().join();
        assertEquals(ErrorCategory.TIMEOUT, ended.category());
        assertEquals(FinishReason.ERROR, ended.finishReason());
        assertTrue(ended.error().contains("engine.row_seconds, which is 10; raise it"), ended.error());
        assertNull(ended.text());
        assertEquals(4, ended.completionTokens());
        steps(28);
        assertEquals(expected, late.result().join().text());
        assertFalse(loop.hasWork());
    }

    @Test
    void waitingForTheFirstStepDoesNotCount() {
        open(1, SECONDS);
        ActiveCompletion first = add("Once upon a time", 5);
        ActiveCompletion waiting = add("There once was a brave dog", 5);
        steps(1);
        wait(SECONDS);
        steps(4);
        assertNull(first.result().join().error());
        wait(SECONDS);
        steps(5);
        assertNull(waiting.result().join().error());
    }

    @Test
    void equalRowsEndTogetherAndAnErrorIsNotKept() {
        open(8, SECONDS);
        ActiveCompletion first = add("Once upon a time", 5);
        ActiveCompletion equal = add("Once upon a time", 5);
        steps(1);
        wait(SECONDS + 1);
        steps(1);
        assertEquals(ErrorCategory.TIMEOUT, first.result().getNow(null).category());
        assertEquals(ErrorCategory.TIMEOUT, equal.result().getNow(null).category());
        ActiveCompletion again = add("Once upon a time", 5);
        steps(5);
        assertNull(again.result().join().error());
    }

    @Test
    void choicesHaveTheSameTime() {
        open(8, SECONDS);
        int[] prompt = loaded.encoder().encodeText("Is it good?");
        ChoiceRequest choices = new ChoiceRequest(prompt, List.of(new int[] {40, 41}, new int[] {42, 43, 44}), null);
        ActiveScoring scoring = starter.scoring(choices);
        loop.add(scoring);
        steps(1);
        assertFalse(scoring.result().isDone());
        wait(SECONDS + 1);
        steps(1);
        assertEquals(
                ErrorCategory.TIMEOUT, scoring.result().getNow(null).rowError().category());
        assertFalse(loop.hasWork());
    }

    @Test
    void withoutALimitTimeDoesNotMatter() {
        open(8, 0);
        ActiveCompletion request = add("Once upon a time", 5);
        steps(2);
        wait(1_000_000);
        steps(3);
        assertNull(request.result().join().error());
    }
}
