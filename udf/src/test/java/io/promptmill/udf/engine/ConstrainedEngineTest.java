package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.constraint.ConstraintSpec.Kind;
import io.promptmill.udf.kernels.PrecisionSupport;
import io.promptmill.udf.sampler.SamplingParameters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Constrained completions of the demo model. */
class ConstrainedEngineTest {
    private static final Path DEMO = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");
    private static final long BYTES_PER_BLOCK = 2L * 6 * 4 * 32 * 16 * Float.BYTES;
    private static final String PERSON =
            "\\{\"name\": \"[A-Z][a-z]{1,12}\", \"age\": [1-9][0-9]?, \"happy\": (true|false), \"note\": \"[ -!#-\\[\\]-~]*\"\\}";

    private static Request request(int row, int[] prompt, String regex, SamplingParameters sampling) {
        ConstraintSpec spec = new ConstraintSpec(Kind.REGEX, regex);
        return new Request("row" + row, prompt, sampling, null, CompletionOptions.DEFAULT.withConstraint(spec));
    }

    private static SamplingParameters sampling(double temperature, int maxTokens) {
        return SamplingParameters.DEFAULT.toBuilder()
                .temperature(temperature)
                .maxTokens(maxTokens)
                .build();
    }

    private static List<Completion> complete(Engine engine, double temperature, int maxTokens) {
        List<CompletableFuture<Completion>> futures = new ArrayList<>();
        for (int row = 0; row < 24; row++) {
            int[] prompt = engine.encoder()
                    .encodeText(
                            "Tom lives in Paris. " + "He is happy. ".repeat(row % 5) + "Who is number " + row + "?");
            futures.add(engine.submit(request(row, prompt, PERSON, sampling(temperature, maxTokens))));
        }
        return futures.stream().map(CompletableFuture::join).toList();
    }

    private static List<Completion> run(EngineConfig config, double temperature, int maxTokens) {
        try (Engine engine = Engine.open(DEMO, config)) {
            return complete(engine, temperature, maxTokens);
        }
    }

    private static void assertMatch(List<Completion> completions, String regex) {
        for (Completion completion : completions) {
            assertNull(completion.error());
            assertTrue(completion.text().matches(regex), completion.text());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32", "int8", "bf16"})
    void matchAndDoNotDependOnWhatElseIsComputed(String precision) {
        if (precision.equals("bf16")) {
            PrecisionSupport.assumeBf16();
        }
        List<Completion> expected = run(new EngineConfig(1, 512, 64, 0, 0, true, precision, "f32"), 1.2, 70);
        assertMatch(expected, PERSON);
        assertTrue(expected.stream().map(Completion::text).distinct().count() > 12, "rows draw differently");
        assertEquals(expected, run(new EngineConfig(2, 16, 3, 0, 0, false, precision, "f32"), 1.2, 70));
        EngineConfig tight = new EngineConfig(2, 64, 16, 0, 16 * BYTES_PER_BLOCK, true, precision, "f32");
        assertEquals(expected, run(tight, 1.2, 70));
    }

    /** From the least that can hold a text on, the end is always found in time. */
    @Test
    void areClosedAtTheLimitOfTokens() {
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            boolean fits = false;
            for (int maxTokens = 1; maxTokens < 60; maxTokens++) {
                List<Completion> completions = complete(engine, 1.2, maxTokens);
                boolean all = completions.stream().allMatch(completion -> completion.error() == null);
                if (!all) {
                    assertTrue(!fits, "a limit of " + maxTokens + " does not suffice, though a smaller one did");
                    for (Completion completion : completions) {
                        assertTrue(completion.error().contains("the shortest text that meets the constraint has"));
                    }
                    continue;
                }
                fits = true;
                assertMatch(completions, PERSON);
                for (Completion completion : completions) {
                    assertTrue(completion.completionTokens() <= maxTokens);
                }
            }
            assertTrue(fits);
        }
    }

    @Test
    void forcedTextIsNotAskedOfTheModel() {
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            String text = "Once upon a time there was a little dog that had a red ball and a blue hat.";
            int[] prompt = engine.encoder().encodeText("Say it.");
            Completion completion =
                    engine.submit(request(0, prompt, text, sampling(0, 100))).join();
            assertEquals(text, completion.text());
            assertEquals(FinishReason.STOP, completion.finishReason());
            assertTrue(engine.statistics().steps() <= 2, engine.statistics().steps() + " steps");
            assertEquals(engine.encoder().encodeContinuation(prompt, text).length, completion.completionTokens());
            long before = engine.statistics().steps();
            Completion half = engine.submit(request(1, prompt, "(a|b) and then " + text + "!*", sampling(0, 100)))
                    .join();
            assertTrue(half.text().matches("(a|b) and then " + text + "!*"), half.text());
            long steps = engine.statistics().steps() - before;
            assertTrue(steps < half.completionTokens() / 2, steps + " steps for " + half.completionTokens());
        }
    }

    @Test
    void logprobsAreThereForForcedTokensToo() {
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            int[] prompt = engine.encoder().encodeText("Say it.");
            ConstraintSpec spec = new ConstraintSpec(Kind.REGEX, "yes, the dog(s have| has) a red ball");
            CompletionOptions options = new CompletionOptions(spec, null, 2, CompletionOptions.NONE);
            Completion completion = engine.submit(new Request("row", prompt, sampling(0, 40), null, options))
                    .join();
            assertNull(completion.error());
            assertEquals(
                    completion.completionTokens(),
                    completion.details().logprobs().size());
            StringBuilder text = new StringBuilder();
            completion.details().logprobs().forEach(token -> text.append(token.text()));
            assertEquals(completion.text(), text.toString().strip());
            assertTrue(completion.details().logprobs().stream().allMatch(token -> token.logprob() < 0));
        }
    }

    @Test
    void theAnswerAfterThinkingIsConstrained() {
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            ConstraintSpec spec = new ConstraintSpec(Kind.REGEX, "(yes|no), because .{3,}\\.");
            for (int limit : new int[] {0, 3, 10}) {
                ReasoningSpec reasoning = new ReasoningSpec("<think>", "</think>", limit);
                CompletionOptions options = new CompletionOptions(spec, reasoning, -1, -1);
                for (String prompt : List.of("Once upon a time", "Once upon a time<think>\n")) {
                    int[] tokens = engine.encoder().encodeText(prompt);
                    Completion completion = engine.submit(new Request("row", tokens, sampling(0.9, 60), null, options))
                            .join();
                    assertNull(completion.error());
                    assertTrue(completion.text().matches("(yes|no), because .{3,}\\."), completion.text());
                    assertTrue(completion.details().reasoning() != null, completion.toString());
                    assertTrue(completion.completionTokens() <= 60, completion.toString());
                }
            }
        }
    }

    /** Whatever the limit is: thinking takes no token that the answer needs. */
    @Test
    void theAnswerAfterThinkingIsClosedAtTheLimitOfTokens() {
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            String regex = "(yes|no), because [a-z ]{12,}\\.";
            CompletionOptions options = new CompletionOptions(
                    new ConstraintSpec(Kind.REGEX, regex), new ReasoningSpec("<think>", "</think>", 0), -1, -1);
            int[] prompt = engine.encoder().encodeText("Once upon a time");
            int answered = 0;
            for (int maxTokens = 1; maxTokens < 45; maxTokens++) {
                for (int row = 0; row < 4; row++) {
                    Completion completion = engine.submit(
                                    new Request("row" + row, prompt, sampling(1.2, maxTokens), null, options))
                            .join();
                    if (completion.error() == null) {
                        answered++;
                        assertTrue(completion.text().matches(regex), maxTokens + ": " + completion);
                        assertTrue(completion.completionTokens() <= maxTokens, completion.toString());
                    } else {
                        assertTrue(answered == 0, "a limit of " + maxTokens + " does not suffice, a smaller one did");
                        assertTrue(completion.error().contains("the shortest text that meets the constraint has"));
                    }
                }
            }
            assertTrue(answered > 0);
        }
    }

    /** As chat templates leave it that end with the mark of the assistant's turn. */
    @Test
    void aSpaceBehindAControlTokenIsNoPartOfTheText() {
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            int[] text = engine.encoder().encodeText("Tom has a red");
            int[] prompt = Arrays.copyOf(text, text.length + 1);
            prompt[text.length] = engine.tokenizer().controlTokens().get("<|assistant|>");
            for (String regex : List.of("(ball|dog|cat|hat)+", "( ball|dog|cat| hat)+")) {
                List<CompletableFuture<Completion>> futures = new ArrayList<>();
                for (int row = 0; row < 20; row++) {
                    futures.add(engine.submit(request(row, prompt, regex, sampling(1.5, 10))));
                }
                assertMatch(futures.stream().map(CompletableFuture::join).toList(), regex);
            }
        }
    }

    @Test
    void whatARowStopsAtIsTextWithinTheConstraint() {
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            String regex = "(the ){3,9}x";
            int[] prompt = engine.encoder().encodeText("Once upon a time");
            List<Integer> stops = List.of(
                    engine.tokenizer().encode("the", false)[0], engine.encoder().encodeContinuation(prompt, "the")[0]);
            SamplingParameters stopping = sampling(0, 40).toBuilder()
                    .stopTokenIds(stops)
                    .stop(List.of("the"))
                    .build();
            assertMatch(
                    List.of(engine.submit(request(0, prompt, regex, stopping)).join()), regex);
        }
    }

    @Test
    void spaceThatTheConstraintAsksForFollowsTheThinking() {
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            String regex = "[ \\n]{2}(yes|no)";
            CompletionOptions options = new CompletionOptions(
                    new ConstraintSpec(Kind.REGEX, regex), new ReasoningSpec("<think>", "</think>", 4), -1, -1);
            int[] prompt = engine.encoder().encodeText("Once upon a time");
            Request request = new Request("row", prompt, sampling(1, 40), null, options);
            assertMatch(List.of(engine.submit(request).join()), regex);
        }
    }

    @Test
    void aConstraintThatIsKnownBeforeTheModelIsLoadedIsCompiledThenAndOnce() {
        ConstraintSpec known = new ConstraintSpec(Kind.REGEX, "(yes|no)");
        // Those who ask for it are told that the other one cannot be used; the model is loaded all the same.
        ConstraintSpec wrong = new ConstraintSpec(Kind.REGEX, "(unclosed");
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT, List.of(), List.of(wrong, known))) {
            int[] prompt = engine.encoder().encodeText("Say it.");
            List<Completion> completions = IntStream.range(0, 3)
                    .mapToObj(row -> engine.submit(request(row, prompt, known.source(), sampling(0.5, 10))))
                    .toList()
                    .stream()
                    .map(CompletableFuture::join)
                    .toList();
            assertMatch(completions, known.source());
            // The wrong one was tried once, too.
            assertEquals(2, engine.compiledConstraints());
            Completion refused = engine.submit(request(0, prompt, wrong.source(), sampling(0, 10)))
                    .join();
            assertTrue(refused.error().contains("not closed"), refused.error());
        }
    }

    @Test
    void aConstraintIsCompiledOnceAndAWrongOneIsTheRowsError() {
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            complete(engine, 0.5, 60);
            complete(engine, 0.7, 60);
            assertEquals(1, engine.compiledConstraints());
            int[] prompt = engine.encoder().encodeText("Say it.");
            Completion wrong = engine.submit(request(0, prompt, "(unclosed", sampling(0, 10)))
                    .join();
            assertTrue(wrong.error() != null && wrong.error().contains("not closed"), wrong.error());
            assertNull(wrong.text());
        }
    }

    @Test
    void aMinimumAndABanAreKeptWithinTheConstraint() {
        try (Engine engine = Engine.open(DEMO, EngineConfig.DEFAULT)) {
            int[] prompt = engine.encoder().encodeText("Say it.");
            SamplingParameters atLeast =
                    sampling(0, 40).toBuilder().minTokens(12).build();
            Completion completion =
                    engine.submit(request(0, prompt, "(a|b)*", atLeast)).join();
            assertNull(completion.error());
            assertTrue(completion.text().matches("(a|b)*"));
            assertTrue(completion.completionTokens() >= 12, completion.completionTokens() + " tokens");
        }
    }
}
