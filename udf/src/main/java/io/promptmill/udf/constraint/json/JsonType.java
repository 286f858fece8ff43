package io.promptmill.udf.constraint.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;

/** The kinds of JSON values; integers are numbers. */
enum JsonType {
    NULL,
    BOOLEAN,
    NUMBER,
    STRING,
    ARRAY,
    OBJECT;

    /** As schemas name them. */
    static final List<String> NAMES = List.of("null", "boolean", "integer", "number", "string", "array", "object");

    static JsonType of(JsonNode value) {
        return switch (value.getNodeType()) {
            case BOOLEAN -> BOOLEAN;
            case NUMBER -> NUMBER;
            case STRING -> STRING;
            case ARRAY -> ARRAY;
            case OBJECT -> OBJECT;
            default -> NULL;
        };
    }

    /** The kind of that name in schemas; {@code integer} is a number. */
    static JsonType named(String name) {
        return name.equals("integer") ? NUMBER : valueOf(name.toUpperCase(Locale.ROOT));
    }
}
