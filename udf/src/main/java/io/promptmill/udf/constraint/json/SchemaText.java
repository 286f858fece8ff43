package io.promptmill.udf.constraint.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.promptmill.udf.error.ConfigException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;

/** Reads the text of a schema, which may come from strangers: its size, nesting and numbers are limited. */
final class SchemaText {
    /** Characters. */
    static final int MAXIMUM_LENGTH = 1 << 20;

    static final int MAXIMUM_DEPTH = 128;
    /** Powers of ten that a double reaches. */
    private static final int MAXIMUM_EXPONENT = 308;

    private static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAXIMUM_DEPTH)
                            .build())
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private SchemaText() {}

    /**
     * @throws ConfigException where it is too large or is no JSON; names the line and the column
     */
    static JsonNode parse(String source) {
        if (source.length() > MAXIMUM_LENGTH) {
            throw new ConfigException("json_schema: has " + source.length() + " characters; expected at most "
                    + MAXIMUM_LENGTH + ". Leave out what is not used");
        }
        try {
            JsonNode root = MAPPER.readTree(source);
            if (root.isMissingNode()) {
                throw new ConfigException(
                        "json_schema: is empty; expected a JSON schema, such as {\"type\": \"object\"}");
            }
            check(root, Pointers.ROOT);
            return root;
        } catch (JsonProcessingException e) {
            String place = e.getLocation() == null
                    ? ""
                    : " at line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr();
            throw new ConfigException(
                    "json_schema: is not JSON" + place + ": " + e.getOriginalMessage() + ". Correct the text", e);
        }
    }

    private static void check(JsonNode node, String pointer) {
        if (node.isNumber()) {
            checkNumber(node.decimalValue(), pointer);
        } else if (node.isTextual()) {
            checkText(node.textValue(), pointer);
        } else if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                check(node.get(i), pointer + "/" + i);
            }
        }
        for (Iterator<Map.Entry<String, JsonNode>> fields = node.fields(); fields.hasNext(); ) {
            Map.Entry<String, JsonNode> field = fields.next();
            checkText(field.getKey(), pointer);
            check(field.getValue(), Pointers.child(pointer, field.getKey()));
        }
    }

    private static void checkNumber(BigDecimal number, String pointer) {
        long exponent = number.precision() - (long) number.scale();
        if (number.signum() != 0 && Math.abs(exponent) > MAXIMUM_EXPONENT
                || Math.abs((long) number.scale()) > 2 * MAXIMUM_EXPONENT) {
            throw Pointers.problem(
                    pointer,
                    "the number is beyond 1e" + MAXIMUM_EXPONENT + " or its inverse; use one that a double holds");
        }
    }

    private static void checkText(String text, String pointer) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw Pointers.problem(pointer, "a text has half of a surrogate pair, which UTF-8 cannot write; remove it");
        }
    }
}
