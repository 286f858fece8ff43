package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.sampler.SamplingParameters;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Completions that go round in a loop, over the demo model. */
class RepetitionEngineTest {
    private static final Path DEMO = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");

    /** With a bias that lets nothing but one token through. */
    private static SamplingParameters.Builder stuck(Engine engine) {
        int token = engine.tokenizer().encode(" fox", false)[0];
        return SamplingParameters.DEFAULT.toBuilder()
                .logitBias(Map.of(token, 1e6f))
                .maxTokens(40)
                .repetitionLimit(16);
    }

    private static Completion complete(Engine engine, SamplingParameters sampling, CompletionOptions options) {
        int[] prompt = engine.encoder().encodeText("Once upon a time");
        return engine.submit(new Request("row", prompt, sampling, null, options))
                .join();
    }

    private static Completion complete(Engine engine, SamplingParameters sampling) {
        return complete(engine, sampling, CompletionOptions.DEFAULT);
    }

    @Test
    void aLoopEndsTheCompletionAndItsTextStays() {
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            Completion whole = complete(engine, stuck(engine).repetitionLimit(0).build());
            assertEquals(FinishReason.LENGTH, whole.finishReason());
            assertEquals(40, whole.completionTokens());
            Completion ended = complete(engine, stuck(engine).build());
            assertEquals(FinishReason.REPETITION, ended.finishReason());
            assertEquals(16, ended.completionTokens());
            assertTrue(!ended.text().isBlank() && whole.text().startsWith(ended.text()), ended.text());
            assertNull(ended.error());
            Completion atTheEnd = complete(engine, stuck(engine).maxTokens(16).build());
            assertEquals(FinishReason.REPETITION, atTheEnd.finishReason());
            Completion listed = complete(engine, stuck(engine).build(), CompletionOptions.DEFAULT.withLogprobs(0));
            assertEquals(16, listed.details().logprobs().size());
        }
    }

    @Test
    void lastsForTheLeastTokensAndIsOffForEndlessAndConstrainedCompletions() {
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            assertEquals(
                    20, complete(engine, stuck(engine).minTokens(20).build()).completionTokens());
            Completion endless = complete(engine, stuck(engine).ignoreEos(true).build());
            assertEquals(40, endless.completionTokens());
            assertEquals(FinishReason.LENGTH, endless.finishReason());
            ConstraintSpec words = new ConstraintSpec(ConstraintSpec.Kind.REGEX, "(a|the) [a-z ]*");
            Completion constrained =
                    complete(engine, stuck(engine).build(), CompletionOptions.DEFAULT.withConstraint(words));
            assertEquals(40, constrained.completionTokens());
            assertEquals(FinishReason.LENGTH, constrained.finishReason());
        }
    }

    @Test
    void loopsDoNotDependOnTheBatch() {
        List<Completion> expected = run(new EngineConfig(1, 512, 64, 0, 0, true, "f32", "f32"));
        long looping = expected.stream()
                .filter(completion -> completion.finishReason() == FinishReason.REPETITION)
                .count();
        assertTrue(looping > 0 && looping < expected.size(), looping + " loop");
        assertEquals(expected, run(new EngineConfig(2, 16, 3, 0, 0, false, "f32", "f32")));
    }

    /** A preference for a word, at which some rows get stuck. */
    private static List<Completion> run(EngineConfig config) {
        try (Engine engine = Engine.open(DEMO, config)) {
            int fox = engine.tokenizer().encode(" fox", false)[0];
            SamplingParameters sampling = SamplingParameters.DEFAULT.toBuilder()
                    .temperature(1)
                    .logitBias(Map.of(fox, 12f))
                    .maxTokens(60)
                    .repetitionLimit(24)
                    .build();
            List<CompletableFuture<Completion>> futures = IntStream.range(0, 24)
                    .mapToObj(row -> engine.submit(new Request(
                            "row" + row, engine.encoder().encodeText("Once upon a time, number " + row), sampling)))
                    .toList();
            return futures.stream().map(CompletableFuture::join).toList();
        }
    }
}
