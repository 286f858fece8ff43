package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.prompt.PromptSpec.Source;
import java.util.Map;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

/** What the driver refuses before anything runs. */
class GenerateFunctionConfigTest {
    private static final String COLUMNS = "key BIGINT, prompt STRING, review STRING, turns ARRAY<INT>, heat DOUBLE";

    private static String refusal(String columns, String id, PromptSpec prompt, Map<String, String> overrides) {
        return assertThrows(
                        ConfigException.class,
                        () -> new GenerateFunction(
                                LocalSpark.spec(id, prompt, overrides),
                                StructType.fromDDL(columns),
                                null,
                                new StubSource("none")))
                .getMessage();
    }

    @Test
    void missingColumnsAreNamedWithTheNearest() {
        assertEquals(
                "prompt column 'promt' is not a column of the input; did you mean 'prompt'? the columns are"
                        + " [key, prompt, review, turns, heat]",
                refusal(COLUMNS, null, LocalSpark.column("promt"), Map.of()));
        assertEquals(
                "id column 'identifier' is not a column of the input; the columns are [key, prompt, review, turns, heat]",
                refusal(COLUMNS, "identifier", LocalSpark.column("prompt"), Map.of()));
        assertEquals(
                "template variable 'reviews' is not a column of the input; did you mean 'review'? the columns are"
                        + " [key, prompt, review, turns, heat]",
                refusal(COLUMNS, null, new PromptSpec(Source.TEMPLATE, "of {{ reviews }}", null, null), Map.of()));
        assertEquals(
                "column for sampling key seed 'sed' is not a column of the input; the columns are [key, heap]",
                refusal("key STRING, heap STRING", null, LocalSpark.column("key"), Map.of("seed", "sed")));
        assertEquals(
                "prompt column 'PROMPT' fits two columns, 'prompt' and 'Prompt'; write the name with the case of the one"
                        + " that is meant",
                refusal("prompt STRING, Prompt STRING", null, LocalSpark.column("PROMPT"), Map.of()));
    }

    @Test
    void columnTypesMustFit() {
        assertEquals(
                "column 'key' is of type bigint; expected string",
                refusal(COLUMNS, null, LocalSpark.column("key"), Map.of()));
        assertEquals(
                "column 'turns' is of type array<int>; expected array<struct<role:string,content:string>> or string with"
                        + " JSON of the same",
                refusal(COLUMNS, null, new PromptSpec(Source.MESSAGES, "turns", null, null), Map.of()));
        assertEquals(
                "id column 'turns' is of type array<int>; expected a plain value such as string or bigint",
                refusal(COLUMNS, "turns", LocalSpark.column("prompt"), Map.of()));
        assertEquals(
                "column 'heat' for sampling key stop is of type double; expected string, or array<string>",
                refusal(COLUMNS, null, LocalSpark.column("prompt"), Map.of("stop", "heat")));
        assertEquals(
                "messages column 'prompt' needs the model's chat template, but chat is false; leave chat unset or use a"
                        + " prompt column",
                refusal(COLUMNS, null, new PromptSpec(Source.MESSAGES, "prompt", null, false), Map.of()));
    }

    @Test
    void keysAndOutputNamesAreChecked() {
        assertEquals(
                "sampling key 'temprature' cannot be overridden per row; did you mean 'temperature'? the keys are "
                        + SamplingKey.labels(),
                refusal(COLUMNS, null, LocalSpark.column("prompt"), Map.of("temprature", "heat")));
        assertEquals(
                "input column 'Error' has the name of an output column ([completion, finish_reason,"
                        + " prompt_tokens, completion_tokens, error, error_category, attempts]); rename or drop it before the job",
                refusal("prompt STRING, Error STRING", null, LocalSpark.column("prompt"), Map.of()));
    }
}
