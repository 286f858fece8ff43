package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.sampler.SamplingParameters;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ResultCacheTest {

    @Test
    void theLongestUnusedGoesFirst() {
        CompletionKey first = key(1, 100);
        Completion completion = completion(500);
        ResultCache cache = new ResultCache(3 * (first.bytes() + 2 * 500 + 192));
        for (int i = 1; i <= 3; i++) {
            cache.put(key(i, 100), completion);
        }
        assertEquals(3, cache.size());
        assertEquals(completion, cache.get(key(1, 100)));
        cache.put(key(4, 100), completion);
        assertEquals(3, cache.size());
        assertNull(cache.get(key(2, 100)));
        for (int i : new int[] {1, 3, 4}) {
            assertNotNull(cache.get(key(i, 100)), "key " + i);
        }
        // One of twice the length takes the room of two.
        cache.put(key(5, 200), completion(1_000));
        assertEquals(2, cache.size());
        assertNotNull(cache.get(key(4, 100)));
        assertNotNull(cache.get(key(5, 200)));
    }

    @Test
    void whatIsLargerThanTheWholeIsNotKept() {
        ResultCache cache = new ResultCache(1_000);
        cache.put(key(1, 10), completion(10));
        cache.put(key(2, 10), completion(10_000));
        assertNull(cache.get(key(2, 10)));
        assertNotNull(cache.get(key(1, 10)));
    }

    @Test
    void onlyGreedyRequestsHaveAKey() {
        SamplingParameters drawn =
                SamplingParameters.DEFAULT.toBuilder().temperature(0.5).build();
        assertNull(CompletionKey.of(new Request("a", new int[] {1}, drawn)));
    }

    @Test
    void keysDifferInAllThatAGreedyCompletionDependsOn() {
        CompletionKey key = key(1, 4);
        assertEquals(key, key(1, 4));
        assertEquals(key.hashCode(), key(1, 4).hashCode());
        assertEquals(key, with(builder -> builder.seed(7).topK(3).topP(0.5).minP(0.1)));
        assertNotEquals(key, key(2, 4));
        assertNotEquals(key, key(1, 5));
        assertNotEquals(key, with(builder -> builder.repetitionPenalty(1.1)));
        assertNotEquals(key, with(builder -> builder.presencePenalty(0.1)));
        assertNotEquals(key, with(builder -> builder.frequencyPenalty(0.1)));
        assertNotEquals(key, with(builder -> builder.logitBias(Map.of(3, 1f))));
        assertNotEquals(key, with(builder -> builder.maxTokens(255)));
        assertNotEquals(key, with(builder -> builder.minTokens(1)));
        assertNotEquals(key, with(builder -> builder.stop(List.of("x"))));
        assertNotEquals(key, with(builder -> builder.stopTokenIds(List.of(5))));
        assertNotEquals(key, with(builder -> builder.ignoreEos(true)));
        assertNotEquals(key, with(builder -> builder.repetitionLimit(64)));
        for (CompletionOptions options : List.of(
                CompletionOptions.DEFAULT.withLogprobs(0),
                CompletionOptions.DEFAULT.withConstraint(new ConstraintSpec(ConstraintSpec.Kind.REGEX, "a")),
                new CompletionOptions(null, new ReasoningSpec("<a>", "</a>", 0), -1, -1))) {
            Request request = new Request("other row", prompt(1, 4), SamplingParameters.DEFAULT, null, options);
            assertNotEquals(key, CompletionKey.of(request));
        }
    }

    @Test
    void scoresOfChoicesAreKeptByPromptChoicesAndAdapter() {
        ResultCache cache = new ResultCache(10_000);
        cache.put(choices(null, 1, 2), new ChoiceScores(new double[] {-1, -2}, 4, 0, null, false));
        assertNotNull(cache.get(choices(null, 1, 2)));
        assertNull(cache.get(choices(null, 2, 1)));
        assertNull(cache.get(choices("other", 1, 2)));
    }

    private static ChoiceKey choices(String adapter, int... choices) {
        List<int[]> tokens =
                IntStream.of(choices).mapToObj(choice -> new int[] {choice, 7}).toList();
        return new ChoiceKey(new ChoiceRequest(prompt(1, 4), tokens, adapter));
    }

    private static CompletionKey with(UnaryOperator<SamplingParameters.Builder> change) {
        SamplingParameters sampling =
                change.apply(SamplingParameters.DEFAULT.toBuilder()).build();
        return CompletionKey.of(new Request("other row", prompt(1, 4), sampling));
    }

    private static CompletionKey key(int seed, int tokens) {
        return CompletionKey.of(new Request("row", prompt(seed, tokens), SamplingParameters.DEFAULT));
    }

    /** All prompts of a length have the same hash. */
    private static int[] prompt(int seed, int tokens) {
        int[] prompt = new int[tokens];
        prompt[0] = seed;
        prompt[1] = -31 * seed;
        return prompt;
    }

    private static Completion completion(int characters) {
        return new Completion("x".repeat(characters), FinishReason.LENGTH, 1, 1, null);
    }
}
