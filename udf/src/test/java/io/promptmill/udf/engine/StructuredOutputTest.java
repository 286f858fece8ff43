package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import io.promptmill.udf.RandomModel;
import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.constraint.ConstraintSpec.Kind;
import io.promptmill.udf.constraint.GbnfMatcher;
import io.promptmill.udf.sampler.SamplingParameters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a model of random weights writes under constraints, judged by other implementations. */
class StructuredOutputTest {
    private static final Path RESOURCES = Path.of("src/test/resources/constraint");
    private static final int DOCUMENTS = 10_000;
    private static final int TEXTS_OF_A_REGEX = 50;
    private static final int TEXTS_OF_A_GRAMMAR = 20;

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    @TempDir
    private static Path folder;

    private static Engine engine;

    @BeforeAll
    static void open() {
        Path model = RandomModel.write(folder.resolve("random.gguf"), 11);
        engine = Engine.open(model, new EngineConfig(0, 512, 256, 0, 0, true, "f32", "f32"));
    }

    @AfterAll
    static void close() {
        engine.close();
        System.out.println("Structured output: " + engine.statistics());
    }

    private static List<Path> files(String subfolder) throws IOException {
        try (Stream<Path> files = Files.list(RESOURCES.resolve(subfolder))) {
            return files.sorted().toList();
        }
    }

    /** Texts under the constraint; limits of tokens, temperatures and prompts differ. */
    private static void complete(Kind kind, String source, int count, int longest, Consumer<String> judge) {
        List<CompletableFuture<Completion>> futures = new ArrayList<>();
        CompletionOptions options = CompletionOptions.DEFAULT.withConstraint(new ConstraintSpec(kind, source));
        for (int i = 0; i < count; i++) {
            SamplingParameters sampling = SamplingParameters.DEFAULT.toBuilder()
                    .temperature(i % 4 == 0 ? 0 : 0.5 * (i % 4))
                    .maxTokens(i % 5 == 0 ? longest : longest / 5 + i % 40)
                    .seed(i)
                    .build();
            int[] prompt = {5 + i % 2000, 5 + i / 7 % 2000, 300};
            futures.add(engine.submit(new Request("row" + i, prompt, sampling, null, options)));
        }
        int failed = 0;
        for (CompletableFuture<Completion> future : futures) {
            Completion completion = future.join();
            if (completion.error() != null) {
                assertTrue(completion.error().startsWith("the shortest text"), source + ": " + completion.error());
                failed++;
            } else {
                judge.accept(completion.text());
            }
        }
        // Only what needs more tokens than some of the limits.
        assertTrue(failed < count, "no text of " + source);
    }

    @Test
    void everyJsonDocumentParsesAndIsValid() throws IOException {
        List<Path> files = files("schemas");
        assertTrue(files.size() >= 60);
        int[] judged = new int[1];
        for (Path file : files) {
            String source = Files.readString(file);
            JsonSchema schema = JsonSchemaFactory.getInstance(VersionFlag.V202012)
                    .getSchema(
                            source,
                            SchemaValidatorsConfig.builder()
                                    .formatAssertionsEnabled(true)
                                    .build());
            complete(Kind.JSON_SCHEMA, source, DOCUMENTS / files.size() + 5, 400, text -> {
                assertEquals(Set.of(), schema.validate(parsed(text)), file + ": " + text);
                judged[0]++;
            });
        }
        complete(Kind.JSON_OBJECT, "", 100, 400, text -> assertTrue(parsed(text).isObject(), text));
        assertTrue(judged[0] >= DOCUMENTS, judged[0] + " documents");
        System.out.println(judged[0] + " documents of " + files.size() + " schemas are valid");
    }

    private static JsonNode parsed(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(text, e);
        }
    }

    @Test
    void everyTextOfARegexMatches() throws IOException {
        List<String> patterns = Files.readAllLines(RESOURCES.resolve("regexes.txt")).stream()
                .filter(line -> !line.isEmpty() && !line.startsWith("# "))
                .toList();
        assertTrue(patterns.size() >= 40);
        for (String source : patterns) {
            Pattern pattern = Pattern.compile(source);
            complete(
                    Kind.REGEX,
                    source,
                    TEXTS_OF_A_REGEX,
                    400,
                    text -> assertTrue(pattern.matcher(text).matches(), source + ": " + text));
        }
    }

    @Test
    void everyTextOfAGrammarMatches() throws IOException {
        List<Path> files = files("grammars");
        assertTrue(files.size() >= 20);
        for (Path file : files) {
            String source = Files.readString(file);
            GbnfMatcher matcher = new GbnfMatcher(source);
            complete(
                    Kind.GRAMMAR,
                    source,
                    TEXTS_OF_A_GRAMMAR,
                    // The matcher's time grows with the cube of the length.
                    60,
                    text -> assertTrue(matcher.matches(text), file + ": " + text));
        }
    }

    @Test
    void everyChoiceIsOne() {
        List<String> choices = List.of("yes", "no", "not at all", "perhaps, but not today");
        complete(
                Kind.CHOICE,
                "[\"yes\", \"no\", \"not at all\", \"perhaps, but not today\"]",
                200,
                400,
                text -> assertTrue(choices.contains(text), text));
        assertNull(engine.submit(new Request(
                        "row",
                        new int[] {5},
                        SamplingParameters.DEFAULT,
                        null,
                        CompletionOptions.DEFAULT.withConstraint(new ConstraintSpec(Kind.CHOICE, "[\"only\"]"))))
                .join()
                .error());
    }
}
