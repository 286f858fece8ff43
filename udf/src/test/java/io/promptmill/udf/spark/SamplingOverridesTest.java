package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.sampler.SamplingParameters;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SamplingOverridesTest {

    private static SamplingParameters apply(String key, String type, Object value) {
        StructType schema = StructType.fromDDL("v " + type);
        return new SamplingOverrides(SamplingParameters.DEFAULT, Map.of(key, "v"), schema).of(RowFactory.create(value));
    }

    private static Arguments given(
            String key, String type, Object value, Function<SamplingParameters, Object> read, Object expected) {
        return Arguments.of(key, type, value, read, expected);
    }

    static Stream<Arguments> usable() {
        return Stream.of(
                given("temperature", "DOUBLE", 0.7, SamplingParameters::temperature, 0.7),
                given("temperature", "STRING", " 0.7 ", SamplingParameters::temperature, 0.7),
                given("temperature", "DECIMAL(5,2)", new BigDecimal("0.70"), SamplingParameters::temperature, 0.7),
                given("temperature", "INT", 1, SamplingParameters::temperature, 1.0),
                given("top_k", "BIGINT", 40L, SamplingParameters::topK, 40),
                given("top_k", "DOUBLE", 40.0, SamplingParameters::topK, 40),
                given("top_p", "FLOAT", 0.5f, SamplingParameters::topP, 0.5),
                given("min_p", "STRING", "1e-2", SamplingParameters::minP, 0.01),
                given("repetition_penalty", "DOUBLE", 1.5, SamplingParameters::repetitionPenalty, 1.5),
                given("presence_penalty", "INT", -1, SamplingParameters::presencePenalty, -1.0),
                given("frequency_penalty", "TINYINT", (byte) 2, SamplingParameters::frequencyPenalty, 2.0),
                given("seed", "BIGINT", Long.MIN_VALUE, SamplingParameters::seed, Long.MIN_VALUE),
                given("seed", "STRING", "9223372036854775807", SamplingParameters::seed, Long.MAX_VALUE),
                given("max_tokens", "SMALLINT", (short) 9, SamplingParameters::maxTokens, 9),
                given("min_tokens", "STRING", "3", SamplingParameters::minTokens, 3),
                given("stop", "STRING", "END", SamplingParameters::stop, List.of("END")),
                given("stop", "ARRAY<STRING>", List.of("a", "b"), SamplingParameters::stop, List.of("a", "b")),
                given("stop_token_ids", "ARRAY<BIGINT>", List.of(5L), SamplingParameters::stopTokenIds, List.of(5)),
                given("stop_token_ids", "STRING", "[5, 6]", SamplingParameters::stopTokenIds, List.of(5, 6)),
                given("stop_token_ids", "INT", 5, SamplingParameters::stopTokenIds, List.of(5)),
                given(
                        "logit_bias",
                        "MAP<INT,DOUBLE>",
                        Map.of(3, -2.5),
                        SamplingParameters::logitBias,
                        Map.of(3, -2.5f)),
                given("logit_bias", "MAP<STRING,INT>", Map.of("3", 4), SamplingParameters::logitBias, Map.of(3, 4f)),
                given("logit_bias", "STRING", "{\"3\": -100}", SamplingParameters::logitBias, Map.of(3, -100f)),
                given("ignore_eos", "BOOLEAN", true, SamplingParameters::ignoreEos, true),
                given("repetition_limit", "INT", 64, SamplingParameters::repetitionLimit, 64),
                given("ignore_eos", "STRING", "TRUE", SamplingParameters::ignoreEos, true));
    }

    @ParameterizedTest
    @MethodSource("usable")
    void readsEveryUsableKind(
            String key, String type, Object value, Function<SamplingParameters, Object> read, Object expected) {
        assertEquals(expected, read.apply(apply(key, type, value)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            temperature        | warm                 | expected a number
            temperature        | -1                   | expected 0 to 100 (0, or at least 1.0E-6)
            temperature        | 1e-7                 | expected 0 to 100 (0, or at least 1.0E-6)
            temperature        | NaN                  | expected 0 to 100 (0, or at least 1.0E-6)
            top_k              | 3.5                  | expected a whole number
            top_k              | 4294967296           | expected a whole number of at most 2147483647
            max_tokens         | 0                    | expected 1 or more
            max_tokens         | 1e999999999          | expected a whole number
            seed               | 9223372036854775808  | expected a whole number
            top_p              | 1.5                  | expected above 0, at most 1
            repetition_limit   | 5                    | expected 0 (none), or 8 to 4096
            ignore_eos         | yes                  | expected true or false
            stop_token_ids     | [1,                  | expected JSON with an array of token ids, 0 or more
            stop_token_ids     | [-1]                 | expected an array of token ids, 0 or more
            stop_token_ids     | null                 | expected JSON with an array of token ids, 0 or more
            logit_bias         | [1]                  | expected numbers by token id
            logit_bias         | {"x": 1}             | expected numbers by token id
            logit_bias         | {"1": "high"}        | expected numbers by token id
            logit_bias         | {"1": 1e39}          | such as {"42": -1.5}, between -3.4028235E38 and
            logit_bias         | {"1": -1e39}         | such as {"42": -1.5}, between -3.4028235E38 and
            logit_bias         | {"1": 1e999}         | expected numbers by token id, of at most 3.4028235E38
            """)
    void unusable(String key, String value, String expected) {
        RequestException refused = assertThrows(RequestException.class, () -> apply(key, "STRING", value));
        assertTrue(
                refused.getMessage().startsWith("column 'v' overrides " + key + " with '" + value + "'")
                        && refused.getMessage().contains(expected),
                refused.getMessage());
    }

    @Test
    void nullKeepsTheDefault() {
        assertSame(SamplingParameters.DEFAULT, apply("temperature", "DOUBLE", null));
    }

    @Test
    void valuesThatDoNotFitTogetherNameTheirColumns() {
        SamplingOverrides overrides = new SamplingOverrides(
                SamplingParameters.DEFAULT,
                Map.of("max_tokens", "most", "min_tokens", "least"),
                StructType.fromDDL("least INT, most INT"));
        assertEquals(400, overrides.of(RowFactory.create(300, 400)).maxTokens());
        RequestException refused = assertThrows(RequestException.class, () -> overrides.of(RowFactory.create(5, 4)));
        assertEquals(
                "the columns ['most' = 4, 'least' = 5] override sampling with values that do not fit: sampling.min_tokens"
                        + " is 5; expected 0 to max_tokens",
                refused.getMessage());
    }
}
