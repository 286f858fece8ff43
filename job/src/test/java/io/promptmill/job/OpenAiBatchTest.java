package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.error.PromptmillException;
import io.promptmill.udf.spark.GenerateFunction;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Batch files in and out, with an engine that echoes. */
class OpenAiBatchTest {
    private static final String MODEL = "../datasets/demo-model/promptmill-demo-q8_0.gguf";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static SparkSession spark;

    @TempDir
    private Path folder;

    @BeforeAll
    static void openSession() {
        spark = SparkSessions.open(new SparkConfig("local[2]", "test", Map.of("spark.sql.shuffle.partitions", "2")));
    }

    @AfterAll
    static void closeSession() {
        spark.stop();
    }

    @Test
    void answersHaveTheDocumentedShape() throws IOException {
        write(
                chat("a", "'model': 'gpt-x', 'messages': [{'role': 'user', 'content': 'say é'}]"),
                text("b", "'prompt': 'go \\non'"));
        long before = Instant.now().getEpochSecond();
        run();
        Map<String, JsonNode> lines = lines("out");
        JsonNode chat = lines.get("a");
        assertEquals(List.of("id", "custom_id", "response", "error"), names(chat));
        assertTrue(chat.get("id").textValue().matches("batch_req_[0-9a-f]{32}"), chat.toString());
        assertTrue(chat.get("error").isNull());
        assertEquals(List.of("status_code", "request_id", "body"), names(chat.get("response")));
        assertEquals(200, chat.at("/response/status_code").intValue());
        assertTrue(chat.at("/response/request_id").textValue().matches("[0-9a-f]{32}"), chat.toString());
        JsonNode body = chat.at("/response/body");
        assertEquals(List.of("id", "object", "created", "model", "choices", "usage"), names(body));
        assertTrue(body.get("id").textValue().matches("chatcmpl-[0-9a-f]{32}"), body.toString());
        long created = body.get("created").longValue();
        assertTrue(created >= before && created <= Instant.now().getEpochSecond(), body.toString());
        assertEquals("chat.completion", body.get("object").textValue());
        assertEquals("gpt-x", body.get("model").textValue());
        assertEquals(
                json("[{'index': 0, 'message': {'role': 'assistant', 'content': 'SAY É', 'refusal': null},"
                        + " 'finish_reason': 'stop', 'logprobs': null}]"),
                body.get("choices"));
        assertEquals(json("{'prompt_tokens': 5, 'completion_tokens': 5, 'total_tokens': 10}"), body.get("usage"));

        JsonNode text = lines.get("b").at("/response/body");
        assertTrue(text.get("id").textValue().matches("cmpl-[0-9a-f]{32}"), text.toString());
        assertEquals("text_completion", text.get("object").textValue());
        assertEquals(MODEL, text.get("model").textValue());
        assertEquals(
                json("[{'index': 0, 'text': 'GO \\nON', 'finish_reason': 'stop', 'logprobs': null}]"),
                text.get("choices"));
    }

    @Test
    void failuresHaveTheDocumentedShape() throws IOException {
        write(
                chat("good", "'messages': [{'role': 'user', 'content': 'hi'}]"),
                chat("bad", "'messages': [{'role': 'user', 'content': 'hi'}], 'n': 2"),
                text("refused", "'prompt': 'refuse this'"),
                "{\"custom_id\": \"cut off",
                "",
                "  ",
                "{\"method\": \"POST\"}");
        JobReport report = run();
        assertEquals(5, report.rows());
        assertEquals(4, report.errors());
        assertEquals(4, report.reasons().size());
        assertEquals(2, report.tokens().completion());
        Map<String, JsonNode> lines = lines("out");
        assertEquals(5, lines.size());
        JsonNode bad = lines.get("bad");
        String reason = "body.n is 2; expected 1; for more, repeat the line with other ids. Nothing else is supported";
        assertEquals(400, bad.at("/response/status_code").intValue());
        assertEquals(
                json("{'error': {'message': '" + reason + "', 'type': 'invalid_request_error', 'param': null,"
                        + " 'code': 'input'}}"),
                bad.at("/response/body"));
        assertEquals(json("{'code': 'input', 'message': '" + reason + "'}"), bad.get("error"));
        assertEquals("refused", lines.get("refused").at("/error/message").textValue());
        List<String> lost = lines.values().stream()
                .filter(line -> line.get("custom_id").isNull())
                .map(line -> line.at("/error/message").textValue())
                .sorted()
                .toList();
        assertEquals(
                "the line has no custom_id, a text by which its answer is known: {\"method\": \"POST\"}", lost.get(0));
        assertTrue(lost.get(1).endsWith(": {\"custom_id\": \"cut off"), lost.get(1));
    }

    @Test
    void otherFormatsHaveColumns() throws IOException {
        write(
                chat(
                        "a",
                        "'messages': [{'role': 'user', 'content': 'say {}'}], 'max_tokens': 9,"
                                + " 'response_format': {'type': 'json_object'}"),
                text("b", "'prompt': 'x', 'tools': [1]"));
        run("output.format=parquet");
        Dataset<Row> rows = spark.read().parquet(at("out"));
        assertEquals(
                List.of(
                        "{\"custom_id\":\"a\",\"max_tokens\":9,\"completion\":\"{}\",\"finish_reason\":\"stop\"}",
                        "{\"custom_id\":\"b\",\"finish_reason\":\"error\",\"error_category\":\"input\"}"),
                rows
                        .select("custom_id", "max_tokens", "completion", "finish_reason", "error_category")
                        .toJSON()
                        .collectAsList()
                        .stream()
                        .sorted()
                        .toList());
    }

    @Test
    void logprobsAreThoseThatWereAskedFor() throws IOException {
        write(
                chat("a", "'messages': [{'role': 'user', 'content': 'x'}], 'logprobs': true, 'top_logprobs': 1"),
                text("b", "'prompt': 'x', 'logprobs': 0"),
                text("c", "'prompt': 'x'"));
        run("generate.logprobs=1");
        Map<String, JsonNode> lines = lines("out");
        assertEquals(
                json("{'content': [{'token': 't', 'logprob': -1.0, 'bytes': [116], 'top_logprobs': []}],"
                        + " 'refusal': null}"),
                lines.get("a").at("/response/body/choices/0/logprobs"));
        assertEquals(
                json("{'tokens': ['t'], 'token_logprobs': [-1.0], 'top_logprobs': [{}], 'text_offset': [0]}"),
                lines.get("b").at("/response/body/choices/0/logprobs"));
        assertTrue(lines.get("c").at("/response/body/choices/0/logprobs").isNull());
    }

    @ParameterizedTest
    @ValueSource(strings = {"error", "overwrite", "append", "resume"})
    void everyModeCountsWhatItHasWritten(String mode) throws IOException {
        writeMany(40);
        JobReport report = run("output.mode=" + mode, "output.compression=gzip", "output.max_rows_per_file=15");
        assertEquals(40, report.rows());
        assertEquals(10, report.errors());
        assertTrue(report.samples().contains("error"), report.samples());
        assertTrue(report.samples().contains("SAY") || report.samples().contains("row-"), report.samples());
        assertEquals(40, lines("out").size());
        assertTrue(
                files("out").stream().allMatch(name -> name.endsWith(".jsonl.gz")),
                files("out").toString());
        if (mode.equals("error")) {
            refused("exists", "overwrite or append", "output.compression=gzip");
            return;
        }
        JobReport again = run("output.mode=" + mode, "output.compression=gzip", "output.max_rows_per_file=15");
        assertEquals(40, again.rows());
        assertEquals(10, again.errors());
        assertEquals(mode.equals("append") ? 80 : 40, texts("out").size());
    }

    @Test
    void aResumedOutputIsTheSameByte() throws IOException {
        writeMany(20);
        run("output.mode=resume");
        List<String> first = texts("out");
        // What is published is written anew where it was damaged.
        for (String name : files("out")) {
            Files.delete(folder.resolve("out").resolve(name));
        }
        run("output.mode=resume");
        assertEquals(first, texts("out"));
    }

    @Test
    void filesHaveTheSizeAndFoldersTold() throws IOException {
        writeMany(600);
        run("output.target_file_size=32KB", "output.partition_by=model", "output.path=" + at("sized"));
        assertEquals(600, lines("sized").size());
        List<String> names = files("sized");
        assertTrue(names.size() > 3, names.toString());
        assertTrue(names.stream().allMatch(name -> name.matches("model=m[01]/.*\\.jsonl")), names.toString());
    }

    @Test
    void rowsWithErrorsMayBeLeftOut() throws IOException {
        writeMany(20);
        JobReport report = run("on_error=drop");
        assertEquals(15, report.rows());
        assertEquals(5, report.remarks().droppedRows());
        assertEquals(15, lines("out").size());
    }

    @Test
    void streamsTakeFilesAsTheyCome() throws IOException {
        writeMany(10);
        String[] settings = {"output.mode=resume", "trigger=available_now", "input.path=" + at("in")};
        Files.createDirectory(folder.resolve("in"));
        Files.move(folder.resolve("in.jsonl"), folder.resolve("in/one.jsonl"));
        run(settings);
        write(text("late", "'prompt': 'more'"));
        Files.move(folder.resolve("in.jsonl"), folder.resolve("in/two.jsonl"));
        run(settings);
        assertEquals(11, lines("out").size());
    }

    @Test
    void formatsAreNotMixedInAFolder() throws IOException {
        writeMany(4);
        run();
        refused("this job would append jsonl", "Choose another", "output.mode=append", "output.format=jsonl");
        run("output.format=jsonl", "output.path=" + at("rows"));
        refused("would append openai_batch", "Choose another", "output.mode=append", "output.path=" + at("rows"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        prompt.column=text                      | 'prompt' is given                       | remove the section
        input.schema=a STRING                   | 'input.schema' has no effect            | remove it
        sampling.stop={column: x}               | 'sampling.stop' names a column          | give a value
        task=extract;extract.schema=a INT       | 'task' is extract                       | remove the task
        task=embed;sampling.temperature=1       | 'sampling' has no effect                | remove the section
        evaluate.column=custom_id               | no right answers                        | remove 'evaluate'
        generate.n=2;sampling.temperature=1     | 'generate.n'                            | remove it
        generate.prompt_logprobs=1              | 'generate.prompt_logprobs'              | remove it
        input.format=jsonl;prompt.column=x      | requests of input.format openai_batch   | set that too
        """)
    void refusesWhatDoesNotFit(String settings, String what, String remedy) throws IOException {
        writeMany(1);
        refused(what, remedy, settings.split(";"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"overwrite", "resume"})
    void embeddingsHaveTheDocumentedShape(String mode) throws IOException {
        write(
                embeddings("a", "'input': 'aa', 'model': 'm'"),
                embeddings("b", "'input': ['a', [98, 98]], 'encoding_format': 'base64', 'dimensions': 2"),
                embeddings("bad", "'input': ['a', 'refuse']"),
                text("other", "'prompt': 'x'"));
        JobReport report = run("task=embed", "embed.normalize=false", "output.mode=" + mode);
        assertEquals(4, report.rows());
        assertEquals(2, report.errors());
        Map<String, JsonNode> lines = lines("out");
        assertEquals(
                json("{'object': 'list', 'data': [{'object': 'embedding', 'index': 0, 'embedding': [2.0, 97.0, 1.0]}],"
                        + " 'model': 'm', 'usage': {'prompt_tokens': 2, 'total_tokens': 2}}"),
                lines.get("a").at("/response/body"));
        JsonNode data = lines.get("b").at("/response/body/data");
        assertEquals(2, data.size());
        assertEquals(1, data.get(1).get("index").intValue());
        ByteBuffer numbers = ByteBuffer.wrap(
                        Base64.getDecoder().decode(data.get(1).get("embedding").textValue()))
                .order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(2f, numbers.getFloat());
        assertEquals(98f, numbers.getFloat());
        assertEquals(0, numbers.remaining());
        assertEquals("input[1]: refused", lines.get("bad").at("/error/message").textValue());
        assertTrue(lines.get("other").at("/error/message").textValue().contains("task: generate"));
    }

    @Test
    void embeddingsAreAColumnOfOtherFormats() throws IOException {
        write(embeddings("a", "'input': ['aa', 'b']"));
        run("task=embed", "embed.normalize=false", "output.format=parquet");
        Row row = spark.read().parquet(at("out")).first();
        assertEquals(
                "[ArraySeq(2.0, 97.0, 1.0), ArraySeq(1.0, 98.0, 1.0)]",
                row.getList(row.fieldIndex("embeddings")).toString());
        assertEquals(3, row.<Integer>getAs("prompt_tokens"));
    }

    @Test
    void theSampleOfEmbeddingsIsAnsweredWhole() throws IOException {
        JobConfig sample = new ConfigLoader()
                .load(
                        Path.of("../conf/openai-embeddings.yaml"),
                        List.of(
                                "model=" + MODEL,
                                "input.path=../datasets/openai-embeddings.jsonl",
                                "output.path=" + at("out")));
        JobReport report = new GenerationJob(spark, sample, GenerateFunction::new)
                .run(new PrintStream(OutputStream.nullOutputStream()));
        assertEquals(8, report.rows());
        assertEquals(0, report.errors(), report.reasons().toString());
        for (JsonNode line : lines("out").values()) {
            for (JsonNode vector : line.at("/response/body/data")) {
                assertEquals(1, length(vector.get("embedding")), 1e-6, line.toString());
            }
        }
    }

    private static double length(JsonNode embedding) {
        double squares = 0;
        if (embedding.isArray()) {
            for (JsonNode number : embedding) {
                squares += Math.pow(number.doubleValue(), 2);
            }
        } else {
            ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(embedding.textValue()))
                    .order(ByteOrder.LITTLE_ENDIAN);
            while (bytes.hasRemaining()) {
                squares += Math.pow(bytes.getFloat(), 2);
            }
        }
        return Math.sqrt(squares);
    }

    @Test
    void theSampleIsAnsweredWhole() throws IOException {
        JobConfig sample = new ConfigLoader()
                .load(
                        Path.of("../conf/openai-batch.yaml"),
                        List.of(
                                "model=" + MODEL,
                                "input.path=../datasets/openai-batch.jsonl",
                                "output.path=" + at("out")));
        JobReport report = new GenerationJob(spark, sample, EchoEngine.CHATS)
                .run(new PrintStream(OutputStream.nullOutputStream()));
        assertEquals(26, report.rows());
        assertEquals(0, report.errors(), report.reasons().toString());
        assertEquals(26, lines("out").size());
    }

    private void refused(String what, String remedy, String... settings) {
        PromptmillException refusal = assertThrows(PromptmillException.class, () -> run(settings));
        assertTrue(refusal.getMessage().contains(what), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(remedy), refusal.getMessage());
    }

    private JobReport run(String... settings) {
        Path config = folder.resolve("job.yaml");
        try {
            Files.writeString(config, """
                    model: %s
                    input: {path: %s, format: openai_batch}
                    %s
                    output: {path: %s, format: openai_batch}
                    """.formatted(
                            MODEL,
                            at("in.jsonl"),
                            List.of(settings).contains("task=embed") ? "" : "sampling: {max_tokens: 99}",
                            at("out")));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return new GenerationJob(spark, new ConfigLoader().load(config, List.of(settings)), EchoEngine.CHATS)
                .run(new PrintStream(OutputStream.nullOutputStream()));
    }

    private String at(String name) {
        return folder.resolve(name).toString();
    }

    private static String chat(String id, String body) {
        return request(id, "/v1/chat/completions", body);
    }

    private static String text(String id, String body) {
        return request(id, "/v1/completions", body);
    }

    private static String embeddings(String id, String body) {
        return request(id, "/v1/embeddings", body);
    }

    private static String request(String id, String url, String body) {
        return "{'custom_id': '%s', 'method': 'POST', 'url': '%s', 'body': {%s}}"
                .formatted(id, url, body)
                .replace('\'', '"');
    }

    private void write(String... lines) throws IOException {
        Files.writeString(folder.resolve("in.jsonl"), String.join("\n", lines) + "\n");
    }

    /** Every fourth is refused. */
    private void writeMany(int rows) throws IOException {
        List<String> lines = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            String model = "'model': 'm" + row % 2 + "'";
            lines.add(
                    row % 4 == 3
                            ? text("row-" + row, model + ", 'prompt': 'refuse'")
                            : chat(
                                    "row-" + row,
                                    model + ", 'messages': [{'role': 'user', 'content': 'say " + row + "'}]"));
        }
        write(lines.toArray(String[]::new));
    }

    private static JsonNode json(String text) throws IOException {
        return JSON.readTree(text.replace('\'', '"'));
    }

    private static List<String> names(JsonNode node) {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** The lines of the output by custom_id, or by their own where they have none. */
    private Map<String, JsonNode> lines(String name) throws IOException {
        Map<String, JsonNode> lines = new TreeMap<>();
        for (String text : texts(name)) {
            JsonNode line = JSON.readTree(text);
            JsonNode id = line.get("custom_id").isNull() ? line.get("id") : line.get("custom_id");
            lines.put(id.textValue(), line);
        }
        return lines;
    }

    private List<String> texts(String name) throws IOException {
        List<String> texts = new ArrayList<>();
        for (String file : files(name)) {
            try (InputStream bytes = Files.newInputStream(folder.resolve(name).resolve(file));
                    InputStream plain = file.endsWith(".gz") ? new GZIPInputStream(bytes) : bytes) {
                new String(plain.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
                        .lines()
                        .forEach(texts::add);
            }
        }
        return texts;
    }

    private List<String> files(String name) throws IOException {
        Path root = folder.resolve(name);
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString())
                    .filter(file -> !file.startsWith("_") && !file.contains("/_") && !file.contains(".crc"))
                    .sorted()
                    .toList();
        }
    }
}
