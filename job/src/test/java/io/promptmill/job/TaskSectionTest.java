package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.constraint.ConstraintSpec.Kind;
import io.promptmill.udf.engine.CompletionOptions;
import io.promptmill.udf.engine.Pooling;
import io.promptmill.udf.engine.ReasoningSpec;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.spark.EmbedTask;
import io.promptmill.udf.spark.ExtractTask;
import io.promptmill.udf.spark.GenerateTask;
import io.promptmill.udf.spark.LabelChoice;
import io.promptmill.udf.spark.LabelTask;
import io.promptmill.udf.spark.Reasoning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tasks of a configuration and their settings. */
class TaskSectionTest {
    private static final String SMALLEST =
            "model: m.gguf\ninput: {path: in.jsonl}\nprompt: {column: text}\noutput: {path: out}\n";
    private static final int NONE = CompletionOptions.NONE;

    @TempDir
    private Path folder;

    @Test
    void withoutATaskRowsAreCompleted() throws IOException {
        assertEquals(GenerateTask.DEFAULT, load("").task());
        assertEquals(Reasoning.AS_MODEL, load("").reasoning());
        assertEquals(
                GenerateTask.DEFAULT,
                load("task: generate\ngenerate: {json_object: false}\n").task());
    }

    @Test
    void completionsMayBeSeveralAndConstrained() throws IOException {
        assertEquals(
                new GenerateTask(null, 3, 0, 2, 5, true),
                load("sampling: {temperature: 1}\ngenerate: {logprobs: 3, prompt_logprobs: 0, n: 2, best_of: 5, explode: true}\n")
                        .task());
        assertEquals(
                new GenerateTask(null, NONE, NONE, 4, 4, false),
                load("sampling: {temperature: {column: heat}}\ngenerate: {n: 4}\n")
                        .task());
        assertConstraint(Kind.CHOICE, "[\"a \\\"b\\\"\",\"c\"]", "choice: ['a \"b\"', c]");
        assertConstraint(Kind.REGEX, "[a-z]+", "regex: '[a-z]+'");
        assertConstraint(Kind.JSON_SCHEMA, "{\"type\":\"integer\"}", "json_schema: {type: integer}");
        assertConstraint(Kind.JSON_SCHEMA, "{\"type\": \"null\"}", "json_schema: '{\"type\": \"null\"}'");
        assertConstraint(Kind.JSON_OBJECT, "", "json_object: true");
        assertConstraint(Kind.GRAMMAR, "root ::= \"x\"", "grammar: 'root ::= \"x\"'");
    }

    @Test
    void textsMayLieInFiles() throws IOException {
        String schema = "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"string\"}}}";
        Path json = Files.writeString(folder.resolve("schema.json"), schema);
        Path grammar = Files.writeString(folder.resolve("lines.gbnf"), "root ::= \"y\"\n");
        assertConstraint(Kind.JSON_SCHEMA, schema, "json_schema: " + json);
        assertConstraint(Kind.GRAMMAR, "root ::= \"y\"\n", "grammar: " + grammar);
        assertEquals(
                ExtractTask.ofSchema(schema),
                load("task: extract\nextract: {schema: " + json + "}\n").task());
        String absent = refusal("task: extract\nextract: {schema: nowhere/schema.json}\n");
        assertTrue(absent.contains("'extract.schema' is the file 'nowhere/schema.json', which does not exist"), absent);
    }

    @Test
    void embeddingsBind() throws IOException {
        assertEquals(EmbedTask.DEFAULT, load("task: embed\n").task());
        assertEquals(
                new EmbedTask(Pooling.MEAN, false, 64),
                load("task: embed\nembed: {pooling: mean, normalize: false, dimensions: 64}\n")
                        .task());
        assertEquals(false, load("task: embed\n").prompt().chat(), "a text is embedded as it is");
        for (String[] wrong : new String[][] {
            {"embed: {pooling: cls}", "'embed.pooling' is \"cls\"; expected one of last, mean"},
            {"embed: {dimensions: 0}", "'embed.dimensions' is 0; expected 1 or more"},
            {"sampling: {max_tokens: 1}", "task is embed, which samples nothing"},
            {"reasoning: {enabled: false}", "task is embed, which completes nothing"},
            {"evaluate: {column: a}", "task is embed, which gives no answers to compare"},
            {"label: {choices: [a]}", "'label' has no effect in a job whose task is embed"}
        }) {
            String refusal = refusal("task: embed\n" + wrong[0] + "\n");
            assertTrue(refusal.contains(wrong[1]), refusal);
        }
    }

    @Test
    void labelsBind() throws IOException {
        assertEquals(
                LabelTask.of("positive", "negative"),
                load("task: label\nlabel: {choices: [positive, negative]}\n").task());
        assertEquals(
                new LabelTask(
                        List.of(new LabelChoice("a", null), new LabelChoice("b", "the other")),
                        null,
                        true,
                        List.of("ja", "nein"),
                        0.25,
                        0.6,
                        "N/A"),
                load("""
                        task: label
                        label:
                          choices: [a, {text: b, description: the other}]
                          multi: true
                          answers: [ja, nein]
                          threshold: 0.25
                          abstain_below: 0.6
                          calibrate: N/A
                        """).task());
        assertEquals(
                "options",
                ((LabelTask) load("task: label\nlabel: {column: options}\n").task()).column());
    }

    @Test
    void extractionTakesDdlOrAJsonSchema() throws IOException {
        assertEquals(
                ExtractTask.ofDdl("name STRING, age INT"),
                load("task: extract\nextract: {schema: 'name STRING, age INT'}\n")
                        .task());
        String schema = "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}";
        assertEquals(
                ExtractTask.ofSchema(schema),
                load("task: extract\nextract: {schema: {type: object, properties: {a: {type: integer}}}}\n")
                        .task());
        assertEquals(
                ExtractTask.ofSchema(schema),
                load("task: extract\nextract: {schema: '" + schema + "'}\n").task());
    }

    @Test
    void reasoningBinds() throws IOException {
        assertEquals(
                new Reasoning(Reasoning.Mode.ON, new ReasoningSpec("<t>", "</t>", 200)),
                load("reasoning: {mode: on, max_tokens: 200, start: <t>, end: </t>}\n")
                        .reasoning());
        assertEquals(Reasoning.OFF, load("reasoning: {mode: off}\n").reasoning());
        assertEquals(Reasoning.OFF, load("reasoning: {mode: false}\n").reasoning());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0001',
            value = {
                "task=lable                        | 'task' is \"lable\"; did you mean 'label'?",
                "task=5                            | 'task' is 5; expected text",
                "label.choices=[a, b]              | 'label' has no effect in a job whose task is generate; set task: label",
                "task=extract                      | 'extract.schema' is missing",
                "task=label                        | exactly one of label.choices and label.column; none is given",
                "generate.chioce=[a]               | unknown key 'generate.chioce'; did you mean 'generate.choice'?",
                "generate.n=0                      | generate.n is 0; expected 1 to 1000",
                "generate.n=2                      | with sampling.temperature 0 all would be equal",
                "generate.best_of=2                | with sampling.temperature 0 all would be equal",
                "generate={n: 3, best_of: 2}       | generate.best_of is 2; expected generate.n, which is 3",
                "generate.logprobs=21              | logprobs is 21; expected 0",
                "generate.logprobs=-1              | 'generate.logprobs' is -1; expected 0 to 20",
                "generate.prompt_logprobs=-1       | 'generate.prompt_logprobs' is -1",
                "generate={regex: a, choice: [b]}  | 'generate' takes at most one of choice, regex, json_schema, json_object, grammar; given are [choice, regex]",
                "generate.regex=[a]                | 'generate.regex' is [\"a\"]; expected text",
                "generate.choice=[1]               | 'generate.choice' is [1]; expected text or a list of texts",
                "generate.json_object=maybe        | 'generate.json_object' is \"maybe\"; expected true or false",
                "generate.grammar=x/y.gbnf         | 'generate.grammar' is the file 'x/y.gbnf', which does not exist",
                "generate.explode=2                | 'generate.explode' is 2; expected true or false",
                "reasoning.mode=perhaps            | 'reasoning.mode' is \"perhaps\"; expected on or off",
                "reasoning.max_tokens=5            | 'reasoning.mode' is missing; expected on or off",
                "reasoning={mode: off, max_tokens: 5} | 'reasoning.max_tokens' has no effect where reasoning.mode is off",
                "reasoning={mode: on, max_tokens: -5} | max_tokens -5; expected two texts and 0 or more tokens",
                "reasoning={mode: on, strat: a}    | 'reasoning.strat'; did you mean 'reasoning.start'?"
            })
    void refusesNamingTheKeyAndTheRemedy(String setting, String message) {
        String refusal = refusal("", setting);
        assertTrue(refusal.contains(message), refusal);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0001',
            value = {
                "label.choices=[]                  | 'label.choices' is []; expected a list of texts",
                "label.choices=a                   | 'label.choices' is \"a\"; expected a list of texts",
                "label.choices=[a, true]           | 'label.choices[1]' is true; expected text (put it in quotes)",
                "label.choices=[a, '']             | label.choices[1] is ''; expected a text that is not blank",
                "label.choices=[a, b, a]           | label.choices has 'a' twice; remove one of them",
                "label.choices=[{txt: a}]          | 'label.choices[0].txt'; did you mean 'label.choices[0].text'?",
                "label.choices=[{description: a}]  | 'label.choices[0].text' is missing",
                "label.column=options              | both are given",
                "label.answers=[yes, no]           | 'label.answers' has no effect without label.multi: true",
                "label.threshold=0.3               | 'label.threshold' has no effect without label.multi: true",
                "label.abstain_below=2             | label.abstain_below is 2.0; expected a probability, 0 to 1",
                "sampling.temperature=0            | 'sampling' has no effect in a job whose task is label",
                "reasoning.mode=off                | 'reasoning' has no effect in a job whose task is label",
                "extract.schema=a INT              | 'extract' has no effect in a job whose task is label"
            })
    void aLabelJobRefusesWhatIsWrongOrWithoutEffect(String setting, String message) {
        String refusal = refusal("task: label\nlabel: {choices: [a, b]}\n", setting);
        assertTrue(refusal.contains(message), refusal);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0001',
            value = {
                "extract.schema=a BINARY           | extract.schema.a is of type binary",
                "extract.schema='{\"type\": '      | extract.schema is not JSON at line 1",
                "extract.schema={type: array}      | extract.schema does not describe an object with properties",
                "extract.schema=[a]                | 'extract.schema' is [\"a\"]; expected text",
                "extract.shcema=x                  | 'extract.shcema'; did you mean 'extract.schema'?"
            })
    void anExtractJobRefusesSchemasThatMakeNoColumns(String setting, String message) {
        String refusal = refusal("task: extract\n", setting);
        assertTrue(refusal.contains(message), refusal);
    }

    private void assertConstraint(Kind kind, String source, String yaml) throws IOException {
        GenerateTask task = (GenerateTask) load("generate:\n  " + yaml + "\n").task();
        assertEquals(new ConstraintSpec(kind, source), task.constraint());
    }

    private String refusal(String more, String... settings) {
        return assertThrows(ConfigException.class, () -> load(more, settings)).getMessage();
    }

    private JobConfig load(String more, String... settings) throws IOException {
        Path file = Files.writeString(folder.resolve("job.yaml"), SMALLEST + more);
        return new ConfigLoader().load(file, Arrays.asList(settings));
    }
}
