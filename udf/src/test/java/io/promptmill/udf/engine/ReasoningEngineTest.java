package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.sampler.SamplingParameters;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Thinking in the engine: the demo model does not think, so its prompts begin to, or a usual word of it ends it. */
class ReasoningEngineTest {
    private static final Path DEMO = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");
    private static Engine engine;

    @BeforeAll
    static void open() {
        engine = Engine.open(DEMO, new EngineConfig(2, 64, 8, 0, 0, true, "f32", "f32"));
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static Completion complete(String prompt, ReasoningSpec reasoning, int maxTokens) {
        SamplingParameters sampling =
                SamplingParameters.DEFAULT.toBuilder().maxTokens(maxTokens).build();
        CompletionOptions options = new CompletionOptions(null, reasoning, 0, CompletionOptions.NONE);
        return engine.submit(new Request("row", engine.encoder().encodeText(prompt), sampling, null, options))
                .join();
    }

    @Test
    void thinkingIsEndedAtItsLimitAndTheAnswerFollows() {
        Completion completion = complete("Once upon a time<think>", new ReasoningSpec("<think>", "</think>", 5), 40);
        assertNull(completion.error());
        int ending = engine.tokenizer().encode("\n</think>", false).length;
        assertEquals(5 + ending, completion.details().reasoningTokens());
        assertTrue(!completion.details().reasoning().isBlank()
                && !completion.text().isBlank());
        assertEquals(
                completion.completionTokens(), completion.details().logprobs().size());
        assertTrue(!completion.text().contains("think")
                && !completion.details().reasoning().contains("think"));
    }

    @Test
    void aWordOfTheModelMayEndIt() {
        // Without reasoning, to learn what the model writes.
        String all = complete("Once upon a time", null, 40).text();
        String mark = all.trim().split(" ")[3];
        Completion completion = complete("Once upon a time <a>", new ReasoningSpec("<a>", mark, 0), 40);
        assertNull(completion.error());
        assertTrue(completion.details().reasoning() != null, "the prompt has begun it");
    }

    @Test
    void whatDoesNotThinkIsLeftAlone() {
        ReasoningSpec spec = new ReasoningSpec("<think>", "</think>", 5);
        Completion completion = complete("Once upon a time", spec, 20);
        assertNull(completion.details().reasoning());
        assertEquals(0, completion.details().reasoningTokens());
        assertEquals(complete("Once upon a time", null, 20).text(), completion.text());
    }

    @Test
    void thinkingThatFillsTheCompletionLeavesNoAnswer() {
        Completion completion = complete("Once upon a time<think>", new ReasoningSpec("<think>", "</think>", 0), 6);
        assertEquals("", completion.text());
        assertEquals(FinishReason.LENGTH, completion.finishReason());
        assertEquals(6, completion.details().reasoningTokens());
        Completion cut = complete("Once upon a time<think>", new ReasoningSpec("<think>", "</think>", 4), 6);
        assertEquals(FinishReason.LENGTH, cut.finishReason());
        assertEquals(6, cut.completionTokens());
    }
}
