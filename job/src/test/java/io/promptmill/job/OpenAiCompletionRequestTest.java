package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.spark.RequestColumn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import scala.collection.Seq;
import scala.jdk.javaapi.CollectionConverters;

class OpenAiCompletionRequestTest {
    private static final String HELLO = "'messages': [{'role': 'user', 'content': 'hello'}]";

    @Test
    void everyFieldHasItsColumn() {
        Row row = chat(HELLO + ", 'model': 'm', 'max_tokens': 1, 'max_completion_tokens': 7, 'temperature': 1,"
                + " 'top_p': 0.5, 'stop': ['a', 'b'], 'seed': -9007199254740993, 'presence_penalty': 0.25,"
                + " 'frequency_penalty': -2, 'logit_bias': {'5': -100}, 'top_k': 4, 'min_p': 0.1,"
                + " 'repetition_penalty': 1.5, 'min_tokens': 2, 'stop_token_ids': [3], 'ignore_eos': true,"
                + " 'logprobs': true, 'top_logprobs': 2");
        List<Object> values = new ArrayList<>(values(row));
        values.set(3, null);
        values.set(7, CollectionConverters.asJava((Seq<?>) values.get(7)));
        assertEquals(
                Arrays.asList(
                        "r1",
                        "/v1/chat/completions",
                        "m",
                        null,
                        7,
                        1.0,
                        0.5,
                        List.of("a", "b"),
                        -9007199254740993L,
                        0.25,
                        -2.0,
                        "{\"5\":-100}",
                        4,
                        0.1,
                        1.5,
                        2,
                        "[3]",
                        true,
                        2),
                values);
        assertEquals(
                "[{\"role\":\"user\",\"content\":\"hello\"}]", row.getStruct(3).getString(0));
    }

    @Test
    void whatIsAbsentOrNullIsLeftToTheJob() {
        Row row = text("'prompt': 'go on', 'temperature': null, 'stop': null, 'logprobs': null, 'n': null");
        assertEquals("go on", row.getStruct(3).getString(1));
        for (int column = 4; column < row.size(); column++) {
            assertNull(row.get(column), "column " + column);
        }
    }

    @Test
    void contentIsTextOrParts() {
        Row row = chat("'messages': [{'role': 'developer', 'content': 'Be brief.'},"
                + " {'role': 'user', 'content': [{'type': 'text', 'text': 'a'}, {'type': 'text', 'text': 'b'}]}]");
        assertNull(problem(row));
        assertTrue(row.getStruct(3).getString(0).startsWith("[{\"role\":\"system\""), row.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'user': 'u', 'metadata': {'a': 1}, 'store': true, 'service_tier': 'auto'",
                "'n': 1, 'best_of': 1.0, 'stream': false, 'echo': false",
                "'tools': [], 'functions': [], 'tool_choice': 'none', 'parallel_tool_calls': true",
                "'response_format': {'type': 'text'}, 'modalities': ['text'], 'logprobs': false, 'top_logprobs': 0"
            })
    void takesWhatAsksForNothing(String fields) {
        assertNull(problem(chat(HELLO + ", " + fields)));
    }

    @Test
    void theFormOfTheAnswerIsASchema() {
        assertEquals("{\"type\":\"object\"}", schema("{'type': 'json_object'}"));
        assertEquals(
                "{\"type\":\"array\"}",
                schema("{'type': 'json_schema', 'json_schema': {'name': 'x', 'schema': {'type': 'array'}}}"));
    }

    private static String schema(String format) {
        return chat(HELLO + ", 'response_format': " + format).getStruct(3).getString(2);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        'tools': [{'type': 'function'}]            | body.tools is [{"type":"function"}]; expected an empty list
        'functions': [{}]                          | body.functions is
        'tool_choice': 'required'                  | body.tool_choice is "required"
        'stream': true                             | body.stream is true; expected false
        'n': 2                                     | body.n is 2; expected 1
        'best_of': 3                               | body.best_of is 3
        'modalities': ['text', 'audio']            | body.modalities
        'temprature': 1                            | body.temprature is not supported; did you mean 'temperature'?
        'reasoning_effort': 'low'                  | body.reasoning_effort is not supported
        'guided_json': {}                          | body.guided_json is not supported
        'prompt': 'x'                              | body.prompt is not supported
        'temperature': 'hot'                       | body.temperature is "hot"; expected a number
        'temperature': []                          | body.temperature is []
        'max_tokens': 1e300                        | body.max_tokens is 1.0E300; expected a whole number
        'max_tokens': 12345678901                  | at most 2147483647
        'max_tokens': 2.5                          | body.max_tokens is 2.5
        'seed': 99999999999999999999               | body.seed is 99999999999999999999
        'stop': 5                                  | body.stop is 5; expected a text or a list of texts
        'stop': ['a', null]                        | body.stop is ["a",null]
        'ignore_eos': 1                            | body.ignore_eos is 1; expected true or false
        'logprobs': 3                              | body.logprobs is 3; expected true or false
        'top_logprobs': 2                          | without logprobs: true
        'logprobs': true, 'top_logprobs': 3        | with 3 alternatives, and the job for 2; set generate.logprobs to 3
        'logprobs': true, 'top_logprobs': 21       | body.top_logprobs is 21; expected 0 to 20
        'response_format': 'json'                  | body.response_format is "json"
        'response_format': {'type': 'grammar'}     | expected an object whose type is text, json_object or json_schema
        'response_format': {'type': 'json_schema'} | body.response_format.json_schema.schema is missing
        """)
    void refusesWhatItCannotDo(String fields, String reason) {
        Row row = chat(HELLO + ", " + fields);
        assertTrue(problem(row).contains(reason), problem(row));
        assertEquals("r1", row.getString(0));
        for (int column = 4; column < row.size(); column++) {
            assertNull(row.get(column), problem(row));
        }
    }

    private static Stream<Arguments> lines() {
        return Stream.of(
                Arguments.of("{'custom_id': 'r1', 'url'", "the line is not JSON"),
                Arguments.of("[]", "the line is no JSON object"),
                Arguments.of("null", "the line is no JSON object"),
                Arguments.of("{} {}", "the line is not JSON"),
                Arguments.of("{'a': 1, 'a': 2}", "the line is not JSON (Duplicate field 'a')"),
                Arguments.of("[".repeat(100_000), "the line is not JSON"),
                Arguments.of("{'a':".repeat(100_000), "the line is not JSON"),
                Arguments.of("{'custom_id': " + "9".repeat(5_000) + "}", "the line is not JSON"),
                Arguments.of("{}", "the line has no custom_id"),
                Arguments.of("{'custom_id': 5}", "the line has no custom_id"),
                Arguments.of("{'custom_id': ' '}", "the line has no custom_id"),
                Arguments.of("{'custom_id': 'r1', 'url': '/v1/responses', 'body': {}}", "url is \"/v1/responses\""),
                Arguments.of("{'custom_id': 'r1', 'body': {}}", "url is missing"),
                Arguments.of("{'custom_id': 'r1', 'url': {}, 'body': {}}", "url is {}"),
                Arguments.of(
                        "{'custom_id': 'r1', 'url': '/v1/embeddings', 'body': {'input': 'x'}}",
                        "jobs with task: embed serve"),
                Arguments.of("{'custom_id': 'r1', 'method': 'GET', 'url': '/v1/completions'}", "method is \"GET\""),
                Arguments.of("{'custom_id': 'r1', 'url': '/v1/completions'}", "body is missing"),
                Arguments.of("{'custom_id': 'r1', 'url': '/v1/completions', 'body': 'x'}", "body is \"x\""),
                Arguments.of(line("/v1/chat/completions", ""), "body.messages is missing"),
                Arguments.of(line("/v1/completions", ""), "body.prompt is missing"),
                Arguments.of(line("/v1/completions", "'prompt': ''"), "body.prompt is \"\""),
                Arguments.of(line("/v1/completions", "'prompt': ['a', 'b']"), "every prompt a line of its own"),
                Arguments.of(line("/v1/completions", "'prompt': [1, 2]"), "body.prompt is [1,2]"),
                Arguments.of(line("/v1/completions", "'prompt': 'x', 'logprobs': true"), "body.logprobs is true"),
                Arguments.of(line("/v1/completions", "'prompt': 'x', 'echo': true"), "body.echo is true"),
                Arguments.of(line("/v1/completions", "'prompt': 'x', 'suffix': 'y'"), "body.suffix is not supported"));
    }

    @ParameterizedTest
    @MethodSource("lines")
    void aWrongLineIsARowThatSaysSo(String line, String reason) {
        String problem = problem(row(line));
        assertTrue(problem.contains(reason), problem);
        assertTrue(problem.length() < 1_000, problem);
    }

    private static Row chat(String body) {
        return row(line("/v1/chat/completions", body));
    }

    private static Row text(String body) {
        return row(line("/v1/completions", body));
    }

    private static String line(String url, String body) {
        return "{'custom_id': 'r1', 'method': 'POST', 'url': '" + url + "', 'body': {" + body + "}}";
    }

    private static Row row(String line) {
        return new OpenAiCompletionRequest(2).row(line.replace('\'', '"'));
    }

    private static String problem(Row row) {
        return row.getStruct(3).getString(RequestColumn.TYPE.fieldIndex("problem"));
    }

    private static List<Object> values(Row row) {
        List<Object> values = new ArrayList<>();
        for (int column = 0; column < row.size(); column++) {
            values.add(row.get(column));
        }
        return values;
    }
}
