package io.promptmill.udf.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SamplingParametersTest {
    private static final Map<String, BiFunction<SamplingParameters.Builder, Double, SamplingParameters.Builder>>
            FRACTIONS = new LinkedHashMap<>();

    static {
        FRACTIONS.put("temperature", SamplingParameters.Builder::temperature);
        FRACTIONS.put("top_p", SamplingParameters.Builder::topP);
        FRACTIONS.put("min_p", SamplingParameters.Builder::minP);
        FRACTIONS.put("repetition_penalty", SamplingParameters.Builder::repetitionPenalty);
        FRACTIONS.put("presence_penalty", SamplingParameters.Builder::presencePenalty);
        FRACTIONS.put("frequency_penalty", SamplingParameters.Builder::frequencyPenalty);
        FRACTIONS.put("logit_bias", (builder, value) -> builder.logitBias(Map.of(5, value.floatValue())));
    }

    private static SamplingParameters.Builder builder() {
        return SamplingParameters.DEFAULT.toBuilder();
    }

    private static void refused(String key, SamplingParameters.Builder builder) {
        ConfigException refusal = assertThrows(ConfigException.class, builder::build);
        assertTrue(refusal.getMessage().startsWith("sampling." + key + " is "), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("; expected "), refusal.getMessage());
    }

    @Test
    void everyValueReachesItsPlace() {
        SamplingParameters all = new SamplingParameters(
                0.5, 3, 0.9, 0.1, 1.1, 0.2, 0.3, Map.of(1, 2f), 7, 20, 1, List.of("x"), List.of(4), true, 9);
        assertEquals(all, all.toBuilder().build());
        assertEquals(
                all,
                builder()
                        .temperature(0.5)
                        .topK(3)
                        .topP(0.9)
                        .minP(0.1)
                        .repetitionPenalty(1.1)
                        .presencePenalty(0.2)
                        .frequencyPenalty(0.3)
                        .logitBias(Map.of(1, 2f))
                        .seed(7)
                        .maxTokens(20)
                        .minTokens(1)
                        .stop(List.of("x"))
                        .stopTokenIds(List.of(4))
                        .ignoreEos(true)
                        .repetitionLimit(9)
                        .build());
    }

    @Test
    void neitherNanNorInfinityIsAValue() {
        FRACTIONS.forEach((key, set) -> {
            refused(key, set.apply(builder(), Double.NaN));
            refused(key, set.apply(builder(), Double.POSITIVE_INFINITY));
        });
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, -1e-9, Double.MIN_VALUE, 1e-7, 9.9e-7, 101})
    void temperaturesThatLogitsCannotBeDividedBy(double temperature) {
        refused("temperature", builder().temperature(temperature));
    }

    @Test
    void theEndsOfTheRanges() {
        assertEquals(1e-6, builder().temperature(1e-6).build().temperature());
        assertEquals(0, builder().temperature(0).build().temperature());
        Map<Integer, Float> bias = Map.of(1, Float.NEGATIVE_INFINITY, 2, Float.MAX_VALUE);
        assertEquals(bias, builder().logitBias(bias).build().logitBias());
        refused("min_tokens", builder().maxTokens(4).minTokens(5));
        refused("max_tokens", builder().maxTokens(0));
        assertEquals(0, builder().repetitionLimit(0).build().repetitionLimit());
        for (int limit : new int[] {-1, 7, 4097}) {
            refused("repetition_limit", builder().repetitionLimit(limit));
        }
        refused("stop", builder().stop(List.of("a", "")));
    }
}
