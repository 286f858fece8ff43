package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.kernels.PrecisionSupport;
import io.promptmill.udf.sampler.SamplingParameters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scores of choices over the demo model, against the log-probabilities of each choice written behind the prompt. */
class ScoringEngineTest {
    private static final Path DEMO = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");
    private static final double TOLERANCE = 1e-5;
    private static final long BYTES_PER_BLOCK = 2L * 6 * 4 * 32 * 16 * Float.BYTES;
    private static final SamplingParameters ONE =
            SamplingParameters.DEFAULT.toBuilder().maxTokens(1).build();

    /** Of one token and of many, some of which begin like another, or are the beginning of another. */
    private static final List<String> CHOICES = List.of(
            "positive",
            "negative",
            "neither of the two, as far as anybody can tell",
            "neither",
            "neither of the two",
            "posh",
            "Once upon a time there was a dog",
            "Once upon a time there was a cat");

    private static List<String> prompts() {
        List<String> prompts = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            prompts.add("Is this review positive or negative?\nThe soup was cold. " + "I liked the waiter. ".repeat(i)
                    + "We left.\nAnswer:");
        }
        return prompts;
    }

    private static List<int[]> choices(Engine engine, int[] prompt) {
        return CHOICES.stream()
                .map(choice -> engine.encoder().encodeContinuation(prompt, choice))
                .toList();
    }

    private static List<ChoiceScores> scores(Engine engine) {
        List<CompletableFuture<ChoiceScores>> futures = new ArrayList<>();
        for (String text : prompts()) {
            int[] prompt = engine.encoder().encodeText(text);
            futures.add(engine.score(new ChoiceRequest(prompt, choices(engine, prompt), null)));
        }
        return futures.stream().map(CompletableFuture::join).toList();
    }

    private static EngineConfig config(
            int threads, int batch, int sequences, long kv, boolean cache, String precision) {
        return new EngineConfig(threads, batch, sequences, 0, kv, cache, precision, "f32");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void areThoseOfEachChoiceByItself(boolean prefixCache) {
        try (Engine engine = Engine.open(DEMO, config(2, 64, 16, 0, prefixCache, "f32"))) {
            List<ChoiceScores> scores = scores(engine);
            for (int i = 0; i < scores.size(); i++) {
                assertNull(scores.get(i).error());
                int[] prompt = engine.encoder().encodeText(prompts().get(i));
                assertEquals(prompt.length, scores.get(i).promptTokens());
                List<int[]> choices = choices(engine, prompt);
                double sum = 0;
                for (int choice = 0; choice < choices.size(); choice++) {
                    double expected = logprob(engine, prompt, choices, choice);
                    double actual = scores.get(i).logprobs()[choice];
                    assertEquals(expected, actual, TOLERANCE, CHOICES.get(choice));
                    assertEquals(Math.exp(expected), Math.exp(actual), TOLERANCE);
                    sum += Math.exp(actual);
                }
                assertTrue(sum > 0 && sum < 1 + TOLERANCE, "the choices exclude one another: " + sum);
            }
        }
    }

    /** The sum over the choice's tokens, each from the logits of prompt and choice computed as one text. */
    private static double logprob(Engine engine, int[] prompt, List<int[]> choices, int choice) {
        int[] tokens = choices.get(choice);
        int[] whole = Arrays.copyOf(prompt, prompt.length + tokens.length);
        System.arraycopy(tokens, 0, whole, prompt.length, tokens.length);
        int vocabulary = CompletionOptions.MOST_ALTERNATIVES;
        CompletionOptions options = new CompletionOptions(null, null, vocabulary, 0);
        Completion completion =
                engine.submit(new Request("row", whole, ONE, null, options)).join();
        double sum = 0;
        for (int i = prompt.length; i < whole.length; i++) {
            assertEquals(whole[i], completion.details().promptLogprobs().get(i).token());
            sum += completion.details().promptLogprobs().get(i).logprob();
        }
        boolean leadsOn = choices.stream()
                .anyMatch(other -> other.length > tokens.length
                        && Arrays.equals(tokens, 0, tokens.length, other, 0, tokens.length));
        return leadsOn ? sum + Math.log(endProbability(engine, whole)) : sum;
    }

    /** The probability that one of the end tokens comes next, each written behind the text. */
    private static double endProbability(Engine engine, int[] text) {
        Set<Integer> ends = engine.tokenizer().endTokens();
        double probability = 0;
        for (int end : ends) {
            int[] ended = Arrays.copyOf(text, text.length + 1);
            ended[text.length] = end;
            CompletionOptions options = new CompletionOptions(null, null, CompletionOptions.NONE, 0);
            Completion completion =
                    engine.submit(new Request("row", ended, ONE, null, options)).join();
            probability += Math.exp(
                    completion.details().promptLogprobs().get(text.length).logprob());
        }
        return probability;
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32", "int8", "bf16"})
    void doNotDependOnThreadsBatchesMemoryOrCache(String precision) {
        if (precision.equals("bf16")) {
            PrecisionSupport.assumeBf16();
        }
        List<double[]> expected = run(config(1, 512, 256, 0, true, precision));
        assertSame(expected, run(config(2, 16, 256, 0, true, precision)));
        assertSame(expected, run(config(2, 512, 3, 0, false, precision)));
        assertSame(expected, run(config(1, 7, 1, 0, false, precision)));
        // Room for one sequence of the whole context: forks wait and are computed anew.
        assertSame(expected, run(config(2, 64, 16, 16 * BYTES_PER_BLOCK, true, precision)));
        assertSame(expected, run(config(2, 64, 16, 16 * BYTES_PER_BLOCK, false, precision)));
    }

    private static List<double[]> run(EngineConfig config) {
        try (Engine engine = Engine.open(DEMO, config)) {
            return scores(engine).stream().map(ChoiceScores::logprobs).toList();
        }
    }

    private static void assertSame(List<double[]> expected, List<double[]> actual) {
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i), 0.0, "prompt " + i);
        }
    }

    @Test
    void computeThePromptOnceAndEqualRequestsOnce() {
        try (Engine engine = Engine.open(DEMO, config(2, 512, 64, 0, false, "f32"))) {
            int[] prompt = engine.encoder().encodeText(prompts().get(0));
            List<int[]> choices = choices(engine, prompt);
            ChoiceScores scores =
                    engine.score(new ChoiceRequest(prompt, choices, null)).join();
            int all = choices.stream().mapToInt(choice -> choice.length).sum();
            assertTrue(scores.choiceTokens() < all, scores.choiceTokens() + " of " + all);
            assertEquals(prompt.length, engine.statistics().promptTokens());
            ChoiceScores again = engine.score(new ChoiceRequest(prompt.clone(), choices(engine, prompt), null))
                    .join();
            assertTrue(again.copied());
            assertArrayEquals(scores.logprobs(), again.logprobs());
            List<int[]> single = choices.subList(0, 2).stream()
                    .map(choice -> new int[] {choice[0]})
                    .toList();
            assertEquals(
                    0,
                    engine.score(new ChoiceRequest(prompt, single, null)).join().choiceTokens());
        }
    }

    @Test
    void refuseChoicesThatCannotBeScored() {
        try (Engine engine = Engine.open(DEMO, config(1, 64, 4, 0, true, "f32"))) {
            int[] prompt = {5, 6, 7};
            assertError(engine, prompt, List.of(), "no choices");
            assertError(engine, prompt, List.of(new int[] {8}, new int[0]), "choice 2 has no tokens");
            assertError(
                    engine,
                    prompt,
                    List.of(new int[] {8, 9}, new int[] {8}, new int[] {8, 9}),
                    "choices 1 and 3 are the same");
            assertError(engine, prompt, List.of(new int[] {2_000_000}), "token id 2000000 is outside");
            assertError(engine, new int[0], List.of(new int[] {8}), "the prompt is empty");
            assertError(engine, new int[250], List.of(new int[10]), "the prompt has 250 tokens");
        }
    }

    private static void assertError(Engine engine, int[] prompt, List<int[]> choices, String expected) {
        String error =
                engine.score(new ChoiceRequest(prompt, choices, null)).join().error();
        assertTrue(error != null && error.contains(expected), error);
    }
}
