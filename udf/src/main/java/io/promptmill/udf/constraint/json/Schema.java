package io.promptmill.udf.constraint.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * One schema as it is written: what it says itself, and pointers to the schemas that also apply to the same value. Immutable.
 *
 * @param values that {@code enum} and {@code const} leave, by {@link Values#canonical}; null where neither is there
 * @param all pointers of the schemas that apply as well: of {@code $ref} and {@code allOf}
 * @param alternatives of {@code anyOf} and {@code oneOf}
 */
record Schema(
        String pointer, Shape shape, Map<Object, JsonNode> values, List<String> all, List<Alternatives> alternatives) {
    /**
     * @param pointer of the keyword
     * @param exactlyOne true for {@code oneOf}
     */
    record Alternatives(String pointer, boolean exactlyOne, List<String> branches) {}
}
