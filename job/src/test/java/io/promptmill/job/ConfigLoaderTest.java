package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.job.ledger.CommitInterval;
import io.promptmill.udf.engine.EngineConfig;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.spark.AdapterSpec;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {
    private static final String SMALLEST =
            "model: m.gguf\ninput: {path: in.jsonl}\nprompt: {column: text}\n" + "output: {path: out}\n";

    @TempDir
    private Path folder;

    @Test
    void bindsEverySection() throws IOException {
        JobConfig config = load("""
                model: hdfs:///models/m.gguf
                input:
                  path: [a.csv, "b*.csv"]
                  format: csv
                  schema: id STRING, text STRING
                  options: {sep: ";", header: false}
                  id: id
                  adapter: style
                adapters:
                  - {name: formal, path: /adapters/formal.gguf}
                  - {name: brief, path: hdfs:///adapters/brief, scale: 0.5}
                adapter: formal
                prompt: {template: "Say {{ text }}", system: Be brief., chat: false}
                sampling:
                  temperature: 0.5
                  top_k: 40
                  top_p: 9e-1
                  seed: 12345678901
                  max_tokens: {column: limit}
                  stop: "\\n"
                  stop_token_ids: [1, 2]
                  logit_bias: {17: -1.5}
                  ignore_eos: true
                output: {path: out, format: jsonl, mode: append, partitions: 3, partition_by: style, compression: gzip, max_rows_per_file: 1000}
                engine: {threads: 2, max_batch_tokens: 64, kv_cache_bytes: 9000000000, prefix_cache: false, precision: f32, kv_precision: f16, row_seconds: 90}
                evaluate: {column: sentiment, bins: 15}
                spark: {master: "local[2]", app_name: nightly, spark.executor.memory: 4g, spark.ui.port: 4050}
                """);
        assertEquals("hdfs:///models/m.gguf", config.model());
        assertEquals(
                new InputConfig(
                        List.of("a.csv", "b*.csv"),
                        null,
                        InputConfig.Format.CSV,
                        null,
                        "id STRING, text STRING",
                        Map.of("sep", ";", "header", "false"),
                        "id",
                        "style"),
                config.input());
        assertEquals(
                new AdapterSpec(
                        List.of(
                                new AdapterSpec.Entry("formal", "/adapters/formal.gguf", 1),
                                new AdapterSpec.Entry("brief", "hdfs:///adapters/brief", 0.5)),
                        "formal",
                        "style"),
                config.adapters());
        assertEquals(new PromptSpec(PromptSpec.Source.TEMPLATE, "Say {{ text }}", "Be brief.", false), config.prompt());
        assertEquals(0.5, config.sampling().defaults().temperature());
        assertEquals(40, config.sampling().defaults().topK());
        assertEquals(0.9, config.sampling().defaults().topP());
        assertEquals(12345678901L, config.sampling().defaults().seed());
        assertEquals(256, config.sampling().defaults().maxTokens());
        assertEquals(128, config.sampling().defaults().repetitionLimit());
        assertEquals(List.of("\n"), config.sampling().defaults().stop());
        assertEquals(List.of(1, 2), config.sampling().defaults().stopTokenIds());
        assertEquals(Map.of(17, -1.5f), config.sampling().defaults().logitBias());
        assertTrue(config.sampling().defaults().ignoreEos());
        assertEquals(Map.of("max_tokens", "limit"), config.sampling().columns());
        assertEquals(
                new OutputConfig(
                        "out",
                        OutputFormat.JSONL,
                        OutputConfig.Mode.APPEND,
                        new FileLayout(3, List.of("style"), "gzip", 1000, 0),
                        CommitInterval.DEFAULT),
                config.output());
        assertEquals(new EvaluationConfig("sentiment", 15), config.evaluation());
        assertEquals(9_000_000_000L, config.engine().kvCacheBytes());
        assertEquals(64, config.engine().maxBatchTokens());
        assertEquals("f16", config.engine().kvPrecision());
        assertEquals(90, config.engine().rowSeconds());
        assertEquals(
                new SparkConfig("local[2]", "nightly", Map.of("spark.executor.memory", "4g", "spark.ui.port", "4050")),
                config.spark());
    }

    @Test
    void readsJsonAndFillsInDefaults() throws IOException {
        Path file = folder.resolve("job.json");
        Files.writeString(
                file,
                "{\"model\": \"m\", \"input\": {\"path\": \"i\"}, \"prompt\": {\"messages\": \"c\"},"
                        + " \"output\": {\"path\": \"o\"}}");
        JobConfig config = new ConfigLoader().load(file, List.of());
        assertEquals(EngineConfig.DEFAULT, config.engine());
        assertEquals(AdapterSpec.NONE, config.adapters());
        assertNull(config.evaluation());
        assertEquals(
                new OutputConfig(
                        "o", OutputFormat.PARQUET, OutputConfig.Mode.ERROR, FileLayout.DEFAULT, CommitInterval.DEFAULT),
                config.output());
        assertEquals(new PromptSpec(PromptSpec.Source.MESSAGES, "c", null, null), config.prompt());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "modle=x                    | 'modle'                    | 'model'",
                "input.pth=x                | 'input.pth'                | 'input.path'",
                "prompt.colunm=x            | 'prompt.colunm'            | 'prompt.column'",
                "sampling.maxTokens=3       | 'sampling.maxTokens'       | 'sampling.max_tokens'",
                "sampling.top_k.colum=3     | 'sampling.top_k'           | an integer",
                "output.partition=3         | 'output.partition'         | 'output.partitions'",
                "input.adaptor=style        | 'input.adaptor'            | 'input.adapter'",
                "adaptors=[]                | 'adaptors'                 | 'adapters'",
                "adapters=bold.gguf         | 'adapters'                 | a list of adapters",
                "adapters=[{name: b, pth: x}] | 'adapters[0].pth'        | 'adapters[0].path'",
                "adapters=[{name: b}]       | 'adapters[0].path'         | missing",
                "adapters=[{name: b, path: p, scale: big}] | 'adapters[0].scale' | a number",
                "adapter=bold               | adapter 'bold' is not known | no adapters",
                "input.adapter=style        | column 'style'             | no adapters",
                "engine.thread=3            | 'engine.thread'            | 'engine.threads'",
                "spark.executor.memory=3    | 'spark.executor.memory'    | 'spark.executor.memory'",
                "sampling.top_k.column.x=3  | 'sampling.top_k.column'    | text",
                "sampling.temperature=warm  | 'sampling.temperature'     | a number",
                "sampling.max_tokens=1.5    | 'sampling.max_tokens'      | an integer",
                "sampling.max_tokens=9999999999 | 'sampling.max_tokens'  | 2147483647",
                "sampling.ignore_eos=yes please | 'sampling.ignore_eos'  | true or false",
                "sampling.stop=[1]          | 'sampling.stop'            | list of texts",
                "sampling.logit_bias.a=1    | 'sampling.logit_bias.a'    | a token id",
                "sampling.temperature=-1    | sampling.temperature       | 0 to 100",
                "engine.precision=f12       | engine.precision           | f32",
                "engine.kv_precision=f8     | engine.kv_precision        | f16",
                "engine.kv_precison=f16     | 'engine.kv_precison'       | 'engine.kv_precision'",
                "engine.row_seconds=-1      | engine.row_seconds         | 0 (any time) or more",
                "stop_early.emty=0.5        | 'stop_early.emty'          | 'stop_early.empty'",
                "stop_early.empty=1.5       | 'stop_early.empty'         | a number from 0 to 1",
                "stop_early.after_rows=0    | 'stop_early.after_rows'    | 1 or more",
                "engine=fast                | 'engine'                   | a mapping",
                "model=[a]                  | 'model'                    | text",
                "model=5                    | 'model'                    | text",
                "model=                     | 'model'                    | missing",
                "input.path=                | 'input.path'               | missing",
                "input.table=t              | input.path' are both given | remove one",
                "output.compression=zip     | 'output.compression'       | none, snappy, gzip",
                "output.target_file_size=2x | 'output.target_file_size'  | such as 256MB",
                "output.mode=replace        | 'output.mode'              | error, overwrite, append",
                "output.partitions=-1       | 'output.partitions'        | or more",
                "evaluate.colunm=gold       | 'evaluate.colunm'          | 'evaluate.column'",
                "evaluate.bins=5            | 'evaluate.column'          | missing",
                "evaluate={column: gold, bins: 0} | 'evaluate.bins'      | 1 to 100",
                "evaluate={column: gold, bins: 1.5} | 'evaluate.bins'    | an integer",
                "evaluate=gold              | 'evaluate'                 | a mapping",
                "prompt.template=x          | 'prompt'                   | given are [column, template]",
                "prompt.column=             | 'prompt'                   | none is given",
                "prompt.chat=maybe          | 'prompt.chat'              | true or false"
            })
    void refusesNamingTheKeyAndWhatIsExpected(String setting, String key, String expected) throws IOException {
        ConfigException failure = assertThrows(ConfigException.class, () -> load(SMALLEST, setting));
        assertTrue(failure.getMessage().contains(key), failure.getMessage());
        assertTrue(failure.getMessage().contains(expected), failure.getMessage());
        assertTrue(failure.getMessage().contains("job.yaml"), failure.getMessage());
    }

    @Test
    void setReplacesAddsAndRemoves() throws IOException {
        JobConfig config = load(
                SMALLEST,
                "prompt.column=",
                "prompt.template='a=b: {{ text }}'",
                "spark.spark.executor.memory=2g",
                "spark.master=local[3]",
                "input.options.a.b=1",
                "sampling.temperature.column=heat",
                "evaluate.column=gold",
                "sampling.stop=[x, y]");
        assertEquals(new EvaluationConfig("gold", null), config.evaluation());
        assertEquals("a=b: {{ text }}", config.prompt().value());
        assertEquals(Map.of("spark.executor.memory", "2g"), config.spark().entries());
        assertEquals("local[3]", config.spark().master());
        assertEquals(Map.of("a.b", "1"), config.input().options());
        assertEquals(Map.of("temperature", "heat"), config.sampling().columns());
        assertEquals(List.of("x", "y"), config.sampling().defaults().stop());
    }

    @Test
    void setRefusesAValueThatIsNoYaml() {
        ConfigException failure = assertThrows(ConfigException.class, () -> load(SMALLEST, "model=a: {{ b }}"));
        assertTrue(failure.getMessage().contains("in quotes"), failure.getMessage());
    }

    @Test
    void suggestsNothingWhereNothingIsLike() {
        ConfigException failure = assertThrows(ConfigException.class, () -> load(SMALLEST, "input.zzzzzz=1"));
        assertTrue(failure.getMessage().contains("'input.zzzzzz'; known here: path"), failure.getMessage());
    }

    @Test
    void memoryThatHasNoEffectIsNamed() throws IOException {
        SparkConfig config = load(SMALLEST, "spark.spark.driver.memory=8g", "spark.spark.executor.memory=8g")
                .spark();
        assertEquals(2, config.ineffective(true).size());
        assertEquals(1, config.ineffective(false).size());
        assertTrue(config.ineffective(false).get(0).contains("--driver-memory"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a: [", "a: 1\na: 2\n", "--- {}\n--- {}\n", "just text", "- a\n- b\n"})
    void refusesWhatIsNoMapping(String text) {
        ConfigException failure = assertThrows(ConfigException.class, () -> load(text));
        assertTrue(failure.getMessage().contains("job.yaml"), failure.getMessage());
    }

    @Test
    void everyShippedConfigurationBinds() throws IOException {
        int read = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("../conf"), "*.yaml")) {
            for (Path file : files) {
                new ConfigLoader().load(file, List.of());
                read++;
            }
        }
        assertTrue(read >= 4, read + " configurations read");
    }

    private JobConfig load(String text, String... settings) throws IOException {
        Path file = folder.resolve("job.yaml");
        Files.writeString(file, text);
        return new ConfigLoader().load(file, Arrays.asList(settings));
    }
}
