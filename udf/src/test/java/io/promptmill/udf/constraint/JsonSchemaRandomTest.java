package io.promptmill.udf.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import io.promptmill.udf.error.ConfigException;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Random schemas, their keywords nested at random: each is refused, or its texts are valid. */
class JsonSchemaRandomTest {
    private static final int SCHEMAS = 2_000;
    private static final int TEXTS = 12;
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final List<String> VALUES = List.of(
            "0",
            "1",
            "2",
            "3.5",
            "\"\"",
            "\"a\"",
            "\"ab\"",
            "null",
            "true",
            "[]",
            "[1]",
            "{}",
            "{\"a\":1}",
            "{\"b\":\"a\"}");

    private final Random random = new Random(20);

    @Test
    void textsAreValid() throws JsonProcessingException {
        int written = 0;
        for (int i = 0; i < SCHEMAS; i++) {
            ObjectNode schema = schema(3);
            ObjectNode definitions = schema.putObject("$defs");
            definitions.set("x", schema(2));
            definitions.set("y", schema(1));
            Grammar grammar;
            try {
                grammar = JsonSchemaParser.parse(schema.toString());
            } catch (ConfigException e) {
                assertTrue(e.getMessage().startsWith("json_schema: "), e.getMessage());
                continue;
            }
            written++;
            check(schema, grammar, i);
        }
        assertTrue(written > SCHEMAS / 4, written + " schemas were not refused");
    }

    private static void check(ObjectNode schema, Grammar grammar, long seed) throws JsonProcessingException {
        JsonSchema validator =
                JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(schema);
        RandomTexts texts = new RandomTexts(grammar, seed);
        Recogniser recogniser = new Recogniser(grammar);
        for (int i = 0; i < TEXTS; i++) {
            String text = texts.next();
            assertEquals(Set.of(), problems(validator, text), () -> text + " under " + schema);
            assertTrue(recogniser.accepts(text), () -> text + " under " + schema);
        }
    }

    /** The validator does not end where a part that decides nothing leads back to itself. */
    private static Set<ValidationMessage> problems(JsonSchema validator, String text) throws JsonProcessingException {
        try {
            return validator.validate(MAPPER.readTree(text));
        } catch (StackOverflowError e) {
            return Set.of();
        }
    }

    private ObjectNode schema(int depth) {
        ObjectNode schema = MAPPER.createObjectNode();
        if (random.nextInt(3) > 0) {
            addType(schema);
        }
        int keywords = random.nextInt(3);
        for (int i = 0; i < keywords; i++) {
            addLimit(schema);
        }
        if (depth > 0) {
            keywords = random.nextInt(3);
            for (int i = 0; i < keywords; i++) {
                addNested(schema, depth - 1);
            }
        }
        return schema;
    }

    private void addType(ObjectNode schema) {
        List<String> types = List.of("null", "boolean", "integer", "number", "string", "array", "object", "object");
        if (random.nextInt(3) > 0) {
            schema.put("type", types.get(random.nextInt(types.size())));
        } else {
            schema.putArray("type").add(types.get(random.nextInt(4))).add(types.get(4 + random.nextInt(3)));
        }
    }

    private void addLimit(ObjectNode schema) {
        switch (random.nextInt(12)) {
            case 0 -> schema.put("minimum", random.nextInt(5) - 2);
            case 1 -> schema.put("maximum", random.nextInt(7) / 2.0);
            case 2 -> schema.put("exclusiveMinimum", random.nextInt(5) - 2);
            case 3 -> schema.put("exclusiveMaximum", random.nextInt(5));
            case 4 -> schema.put("minLength", random.nextInt(3));
            case 5 -> schema.put("maxLength", random.nextInt(4));
            // Without $, which the validator takes to match before a last line feed too.
            case 6 -> schema.put("pattern", List.of("a", "^[^a]", "^a", "b").get(random.nextInt(4)));
            case 7 -> schema.put("minItems", random.nextInt(3));
            case 8 -> schema.put("maxItems", random.nextInt(4));
            case 9 -> schema.putArray("required").add(NAMES.get(random.nextInt(3)));
            case 10 -> addValues(schema);
            default -> schema.set("const", value());
        }
    }

    private void addValues(ObjectNode schema) {
        ArrayNode values = schema.putArray("enum");
        for (int i = 0; i <= random.nextInt(5); i++) {
            values.add(value());
        }
    }

    private com.fasterxml.jackson.databind.JsonNode value() {
        try {
            return MAPPER.readTree(VALUES.get(random.nextInt(VALUES.size())));
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private void addNested(ObjectNode schema, int depth) {
        switch (random.nextInt(11)) {
            case 0, 1, 2 -> {
                ObjectNode properties = schema.putObject("properties");
                NAMES.subList(0, 1 + random.nextInt(3)).forEach(name -> properties.set(name, schema(depth)));
            }
            case 3 -> schema.set("items", schema(depth));
            case 4 -> addList(schema, "prefixItems", depth);
            case 5 -> addList(schema, "allOf", depth);
            // Without $, which the validator takes to match before a last line feed too.
            case 6 -> addList(schema, "anyOf", depth);
            case 7, 8 -> addList(schema, "oneOf", depth);
            case 9 -> schema.put("$ref", random.nextBoolean() ? "#/$defs/x" : "#/$defs/y");
            default -> {
                if (random.nextBoolean()) {
                    schema.put("additionalProperties", random.nextBoolean());
                } else {
                    schema.set("additionalProperties", schema(depth));
                }
            }
        }
    }

    private void addList(ObjectNode schema, String keyword, int depth) {
        ArrayNode schemas = schema.putArray(keyword);
        for (int i = 0; i <= 1 + random.nextInt(2); i++) {
            schemas.add(schema(depth));
        }
    }
}
