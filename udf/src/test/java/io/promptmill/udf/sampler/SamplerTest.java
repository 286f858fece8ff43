package io.promptmill.udf.sampler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.kernels.KernelProvider;
import io.promptmill.udf.tensor.RowTiles;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplerTest {
    private static final int VOCABULARY = 1003;
    private static final int[] PROMPT = {5, 6};

    private final Sampler sampler = new Sampler(KernelProvider.get(), VOCABULARY);
    private final float[] logits = new float[VOCABULARY];
    private final Random random = new Random(3);

    SamplerTest() {
        for (int i = 0; i < VOCABULARY; i++) {
            logits[i] = (float) random.nextGaussian() * 2;
        }
    }

    /** Known answers of Philox4x32-10 that its authors publish (Random123, kat_vectors). */
    @Test
    void philoxGivesThePublishedAnswers() {
        assertArrayEquals(
                new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, RandomStream.philox(new int[4], 0, 0));
        assertArrayEquals(
                new int[] {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
                RandomStream.philox(new int[] {-1, -1, -1, -1}, -1, -1));
        assertArrayEquals(
                new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
                RandomStream.philox(
                        new int[] {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0));
    }

    @Test
    void uniformsAreUniform() {
        int[] buckets = new int[10];
        for (int i = 0; i < 100_000; i++) {
            buckets[(int) (10 * new RandomStream(i % 7, "row").uniform(i))]++;
        }
        for (int bucket : buckets) {
            assertEquals(10_000, bucket, 500);
        }
    }

    @Test
    void greedyTakesTheLargestWhateverTheRow() {
        int best = ranked()[0];
        for (int row : new int[] {0, 5, 17}) {
            assertEquals(best, sampler.sample(rows(20), row, state(defaults().build(), "a")));
        }
    }

    @Test
    void frequenciesFollowTheTemperedSoftmax() {
        SamplingParameters parameters = defaults().temperature(0.8).build();
        double[] expected = probabilities(0.8);
        int[] counts = draw(parameters, 60_000);
        for (int token : Arrays.copyOf(ranked(), 8)) {
            double p = expected[token];
            assertEquals(p, counts[token] / 60_000.0, 5 * Math.sqrt(p / 60_000));
        }
    }

    @Test
    void topKKeepsTheKLargestInTheirProportions() {
        int[] counts = draw(defaults().temperature(1).topK(3).build(), 20_000);
        int[] ranked = ranked();
        double[] p = probabilities(1);
        double total = p[ranked[0]] + p[ranked[1]] + p[ranked[2]];
        assertEquals(20_000, counts[ranked[0]] + counts[ranked[1]] + counts[ranked[2]]);
        for (int i = 0; i < 3; i++) {
            assertEquals(p[ranked[i]] / total, counts[ranked[i]] / 20_000.0, 0.02);
        }
    }

    @Test
    void topPKeepsTheSmallestSetThatReachesIt() {
        for (double topP : new double[] {0.05, 0.3, 0.9, 0.999}) {
            Set<Integer> nucleus = new TreeSet<>();
            double sum = 0;
            double[] p = probabilities(1);
            for (int token : ranked()) {
                if (sum >= topP) {
                    break;
                }
                nucleus.add(token);
                sum += p[token];
            }
            int[] counts = draw(defaults().temperature(1).topP(topP).build(), 5_000);
            IntStream.range(0, VOCABULARY)
                    .filter(token -> counts[token] > 0)
                    .forEach(token -> assertTrue(nucleus.contains(token), "token " + token + " at " + topP));
        }
    }

    @Test
    void minPDropsWhatIsFarLessLikelyThanTheBest() {
        double[] p = probabilities(1);
        double floor = 0.2 * p[ranked()[0]];
        int[] counts = draw(defaults().temperature(1).minP(0.2).build(), 5_000);
        for (int token = 0; token < VOCABULARY; token++) {
            assertFalse(counts[token] > 0 && p[token] < floor * 0.9999, "token " + token);
        }
    }

    @Test
    void penaltiesAndBiasChangeTheChoice() {
        int[] ranked = ranked();
        int best = ranked[0];
        assertEquals(
                ranked[1],
                sampler.sample(
                        rows(1),
                        0,
                        state(defaults().logitBias(Map.of(best, -100f)).build(), "a")));
        assertEquals(
                VOCABULARY - 1,
                sampler.sample(
                        rows(1),
                        0,
                        state(defaults().logitBias(Map.of(VOCABULARY - 1, 100f)).build(), "a")));

        SamplingState presence = state(defaults().presencePenalty(50).build(), "a");
        assertEquals(best, sampler.sample(rows(1), 0, presence));
        presence.accept(best);
        assertEquals(ranked[1], sampler.sample(rows(1), 0, presence));

        SamplingState frequency = state(defaults().frequencyPenalty(50).build(), "a");
        frequency.accept(best);
        assertEquals(ranked[1], sampler.sample(rows(1), 0, frequency));

        // The repetition penalty alone also looks at the prompt.
        SamplingState repetition =
                new SamplingState(defaults().repetitionPenalty(50).build(), "a", new int[] {best, ranked[1]}, Set.of());
        assertEquals(ranked[2], sampler.sample(rows(1), 0, repetition));
        SamplingState afterPrompt =
                new SamplingState(defaults().presencePenalty(50).build(), "a", new int[] {best}, Set.of());
        assertEquals(best, sampler.sample(rows(1), 0, afterPrompt));
    }

    @Test
    void endTokensWaitForTheMinimum() {
        int best = ranked()[0];
        SamplingParameters parameters = defaults().minTokens(2).build();
        SamplingState state = new SamplingState(parameters, "a", PROMPT, Set.of(best));
        for (int i = 0; i < 2; i++) {
            int token = sampler.sample(rows(1), 0, state);
            assertEquals(ranked()[1], token);
            state.accept(token);
        }
        assertEquals(best, sampler.sample(rows(1), 0, state));
        assertTrue(state.ends(best));
    }

    @Test
    void ignoringTheEndKeepsStopTokens() {
        SamplingParameters parameters =
                defaults().stopTokenIds(List.of(42)).ignoreEos(true).build();
        SamplingState state = new SamplingState(parameters, "a", PROMPT, Set.of(7));
        assertFalse(state.ends(7));
        assertTrue(state.ends(42));
    }

    @Test
    void seedRowAndPositionKeyTheDraw() {
        SamplingParameters parameters = defaults().temperature(2).build();
        int[] first = sequence(state(parameters, "a"));
        assertArrayEquals(first, sequence(state(parameters, "a")));
        assertNotEquals(Arrays.toString(first), Arrays.toString(sequence(state(parameters, "b"))));
        assertNotEquals(
                Arrays.toString(first),
                Arrays.toString(sequence(state(defaults().temperature(2).seed(1).build(), "a"))));
    }

    @Test
    void logitsThatAreNoNumbersFailTheRow() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            for (double temperature : new double[] {0, 1}) {
                RowTiles tiles = rows(1);
                tiles.data()[tiles.index(0, 77)] = bad;
                SamplingState state = state(defaults().temperature(temperature).build(), "a");
                assertThrows(RequestException.class, () -> sampler.sample(tiles, 0, state));
            }
        }
    }

    @Test
    void banningEveryTokenFailsTheRow() {
        Map<Integer, Float> bans = new HashMap<>();
        for (int token = 0; token < VOCABULARY; token++) {
            bans.put(token, Float.NEGATIVE_INFINITY);
        }
        for (double temperature : new double[] {0, 1}) {
            SamplingState state =
                    state(defaults().temperature(temperature).logitBias(bans).build(), "a");
            assertThrows(RequestException.class, () -> sampler.sample(rows(1), 0, state));
        }
    }

    @Test
    void aVerySmallTemperatureIsGreedy() {
        SamplingParameters parameters = defaults().temperature(1e-5).build();
        assertEquals(ranked()[0], sampler.sample(rows(1), 0, state(parameters, "a")));
    }

    @Test
    void settingsOutOfRangeAreRefusedByName() {
        assertTrue(assertThrows(ConfigException.class, () -> defaults().topP(0).build())
                .getMessage()
                .contains("sampling.top_p"));
        assertTrue(assertThrows(
                        ConfigException.class, () -> defaults().temperature(-1).build())
                .getMessage()
                .contains("sampling.temperature"));
        assertTrue(assertThrows(
                        ConfigException.class,
                        () -> defaults().temperature(Double.NaN).build())
                .getMessage()
                .contains("sampling.temperature"));
    }

    private int[] sequence(SamplingState state) {
        RowTiles tiles = rows(1);
        return IntStream.range(0, 12)
                .map(i -> {
                    int token = sampler.sample(tiles, 0, state);
                    state.accept(token);
                    return token;
                })
                .toArray();
    }

    private int[] draw(SamplingParameters parameters, int times) {
        RowTiles tiles = rows(1);
        int[] counts = new int[VOCABULARY];
        for (int i = 0; i < times; i++) {
            counts[sampler.sample(tiles, 0, state(parameters, "row" + i))]++;
        }
        return counts;
    }

    private double[] probabilities(double temperature) {
        double[] result = new double[VOCABULARY];
        double sum = 0;
        for (int i = 0; i < VOCABULARY; i++) {
            result[i] = Math.exp(logits[i] / temperature);
            sum += result[i];
        }
        for (int i = 0; i < VOCABULARY; i++) {
            result[i] /= sum;
        }
        return result;
    }

    private int[] ranked() {
        return IntStream.range(0, VOCABULARY)
                .boxed()
                .sorted((a, b) -> Float.compare(logits[b], logits[a]))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private RowTiles rows(int count) {
        RowTiles tiles = new RowTiles(count, VOCABULARY);
        for (int row = 0; row < count; row++) {
            tiles.writeRow(row, 0, VOCABULARY, logits, 0);
        }
        return tiles;
    }

    private static SamplingState state(SamplingParameters parameters, String rowId) {
        return new SamplingState(parameters, rowId, PROMPT, Set.of());
    }

    private static SamplingParameters.Builder defaults() {
        return SamplingParameters.DEFAULT.toBuilder();
    }
}
