package io.promptmill.udf.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random texts of a schema's grammar are JSON, and valid under the schema by another implementation. */
class JsonSchemaParserTest {
    private static final Path FOLDER = Path.of("src/test/resources/constraint/schemas");
    private static final int TEXTS = 300;

    private static final ObjectMapper STRICT = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final ObjectMapper LENIENT = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    static List<Path> schemas() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.sorted().toList();
        }
    }

    @Test
    void thereAreSixtySchemas() throws IOException {
        assertTrue(schemas().size() >= 60, schemas().size() + " schemas");
    }

    @ParameterizedTest
    @MethodSource("schemas")
    void everyTextIsValid(Path file) throws IOException {
        String source = Files.readString(file);
        Grammar grammar = JsonSchemaParser.parse(source);
        JsonSchema schema = JsonSchemaFactory.getInstance(VersionFlag.V202012)
                .getSchema(
                        source,
                        SchemaValidatorsConfig.builder()
                                .formatAssertionsEnabled(true)
                                .build());
        // Names of additional properties may repeat.
        boolean open = List.of("open-", "no-types", "array-any").stream()
                .anyMatch(file.getFileName().toString()::startsWith);
        ObjectMapper mapper = open ? LENIENT : STRICT;
        RandomTexts texts = new RandomTexts(grammar, 7);
        Recogniser recogniser = new Recogniser(grammar);
        Set<String> different = new HashSet<>();
        for (int i = 0; i < TEXTS; i++) {
            String text = texts.next();
            assertEquals(text, new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
            assertEquals(Set.of(), schema.validate(parsed(mapper, text)), text);
            assertTrue(recogniser.accepts(text), text);
            different.add(text);
        }
        boolean single = List.of("array-empty-only.json", "empty-object.json", "enum-filtered.json")
                .contains(file.getFileName().toString());
        assertEquals(single, different.size() == 1, different.toString());
    }

    private static JsonNode parsed(ObjectMapper mapper, String text) {
        try {
            return mapper.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(text, e);
        }
    }

    @Test
    void anyObjectIsAnObject() {
        RandomTexts texts = new RandomTexts(JsonGrammar.anyObject(), 3);
        for (int i = 0; i < 1000; i++) {
            String text = texts.next();
            assertTrue(parsed(LENIENT, text).isObject(), text);
        }
    }
}
