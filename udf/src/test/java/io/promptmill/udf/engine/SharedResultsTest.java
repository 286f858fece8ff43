package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.sampler.SamplingParameters;
import io.promptmill.udf.scheduler.Sequence;
import io.promptmill.udf.tokenizer.Tokenizer;
import io.promptmill.udf.tokenizer.TokenizerFactory;
import io.promptmill.udf.weights.GgufFile;
import io.promptmill.udf.weights.ModelFile;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SharedResultsTest {
    private static final Path DEMO = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");
    private static final Completion COMPLETION = new Completion("text", FinishReason.STOP, 2, 5, null);
    private static Tokenizer tokenizer;

    private final SharedResults shared = new SharedResults(1 << 20);

    @BeforeAll
    static void loadTokenizer() {
        try (ModelFile file = GgufFile.open(DEMO)) {
            tokenizer = TokenizerFactory.create(file.metadata());
        }
    }

    @Test
    void equalRequestsWaitForTheFirstAndLaterOnesGetACopy() {
        ActiveCompletion first = request(0, 1, 2);
        ActiveCompletion second = request(0, 1, 2);
        assertFalse(shared.serve(first));
        assertTrue(shared.serve(second));
        assertFalse(shared.serve(request(0, 1, 3)), "another prompt");
        assertFalse(second.result().isDone());
        shared.complete(first, COMPLETION);
        assertEquals(COMPLETION, first.result().join());
        assertEquals(COMPLETION.copy(), second.result().join());
        ActiveCompletion late = request(0, 1, 2);
        assertTrue(shared.serve(late));
        assertEquals(COMPLETION.copy(), late.result().join());
        assertEquals(2, shared.copied());
    }

    @Test
    void rowsThatDrawAreAllComputed() {
        assertFalse(shared.serve(request(0.7, 1, 2)));
        assertFalse(shared.serve(request(0.7, 1, 2)));
        ActiveCompletion third = request(0.7, 1, 2);
        assertFalse(shared.serve(third));
        shared.complete(third, COMPLETION);
        assertFalse(shared.serve(request(0.7, 1, 2)));
        assertEquals(0, shared.copied());
    }

    @Test
    void theNextTakesOverWhereTheFirstIsCancelled() {
        ActiveCompletion first = request(0, 1, 2);
        ActiveCompletion second = request(0, 1, 2);
        ActiveCompletion third = request(0, 1, 2);
        shared.serve(first);
        shared.serve(second);
        shared.serve(third);
        first.result().cancel(false);
        assertFalse(first.isAbandoned(), "two still wait for what it computes");
        shared.complete(first, COMPLETION);
        assertTrue(first.result().isCancelled());
        assertSame(COMPLETION, second.result().join());
        assertEquals(COMPLETION.copy(), third.result().join());
        assertEquals(1, shared.copied());
    }

    @Test
    void aCancelledCopyLeavesTheFirstAlone() {
        ActiveCompletion first = request(0, 1, 2);
        ActiveCompletion second = request(0, 1, 2);
        shared.serve(first);
        shared.serve(second);
        second.result().cancel(false);
        assertFalse(first.isAbandoned());
        first.result().cancel(false);
        assertTrue(first.isAbandoned());
        shared.drop(first);
        assertFalse(shared.serve(request(0, 1, 2)), "what was dropped serves nobody");
    }

    @Test
    void anErrorReachesAllWhoWaitAndIsNotKept() {
        ActiveCompletion first = request(0, 1, 2);
        ActiveCompletion second = request(0, 1, 2);
        shared.serve(first);
        shared.serve(second);
        shared.complete(first, Completion.failed("damaged", 2));
        assertEquals("damaged", first.result().join().error());
        assertEquals("damaged", second.result().join().error());
        assertFalse(shared.serve(request(0, 1, 2)));
    }

    @Test
    void aFailedEngineFailsAllWhoWait() {
        ActiveCompletion first = request(0, 1, 2);
        ActiveCompletion second = request(0, 1, 2);
        shared.serve(first);
        shared.serve(second);
        first.fail(new IllegalStateException("gone"));
        assertTrue(first.result().isCompletedExceptionally());
        assertTrue(second.result().isCompletedExceptionally());
    }

    private static ActiveCompletion request(double temperature, int... prompt) {
        SamplingParameters sampling =
                SamplingParameters.DEFAULT.toBuilder().temperature(temperature).build();
        CompletionText text = new CompletionText(tokenizer, -1, null, false, List.of());
        Sequence sequence = new Sequence(prompt, 100);
        return new ActiveCompletion(new Request("row", prompt, sampling), sequence, tokenizer, text, null, new int[0]);
    }
}
