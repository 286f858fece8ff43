package io.promptmill.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.sql.api.java.UDF2;

/**
 * Which fields of two objects in JSON are equal. Numbers are compared by value, date-times with an offset as instants,
 * arrays in order; a field that is absent equals one that is null. Immutable, thread-safe.
 */
final class FieldMatch implements UDF2<String, String, List<Boolean>> {
    private static final long serialVersionUID = 1L;

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final ArrayList<String> fields;

    FieldMatch(List<String> fields) {
        this.fields = new ArrayList<>(fields);
    }

    /**
     * @param right an object in JSON
     * @param extracted likewise, or null, which equals nothing
     * @return for each field whether it is equal, or null where {@code right} is no such object
     */
    @Override
    public List<Boolean> call(String right, String extracted) {
        JsonNode expected = read(right);
        if (expected == null || !expected.isObject()) {
            return null;
        }
        JsonNode actual = read(extracted);
        List<Boolean> matches = new ArrayList<>();
        for (String field : fields) {
            matches.add(actual != null && same(expected.get(field), actual.get(field)));
        }
        return matches;
    }

    private static boolean same(JsonNode expected, JsonNode actual) {
        if (isAbsent(expected) || isAbsent(actual)) {
            return isAbsent(expected) && isAbsent(actual);
        }
        if (expected.isNumber() && actual.isNumber()) {
            return expected.decimalValue().compareTo(actual.decimalValue()) == 0;
        }
        if (expected.isTextual() && actual.isTextual()) {
            return expected.equals(actual) || sameInstant(expected.textValue(), actual.textValue());
        }
        if (expected.isContainerNode() && actual.isTextual()) {
            // Values without one type of Spark's are extracted as JSON text.
            JsonNode parsed = read(actual.textValue());
            return parsed != null && parsed.isContainerNode() && same(expected, parsed);
        }
        if (expected.isArray() && actual.isArray()) {
            return sameElements(expected, actual);
        }
        return expected.isObject() && actual.isObject() ? sameMembers(expected, actual) : expected.equals(actual);
    }

    private static boolean sameElements(JsonNode expected, JsonNode actual) {
        if (expected.size() != actual.size()) {
            return false;
        }
        for (int i = 0; i < expected.size(); i++) {
            if (!same(expected.get(i), actual.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean sameMembers(JsonNode expected, JsonNode actual) {
        for (Iterator<String> names = expected.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!same(expected.get(name), actual.get(name))) {
                return false;
            }
        }
        for (Iterator<String> names = actual.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!expected.has(name) && !isAbsent(actual.get(name))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isAbsent(JsonNode value) {
        return value == null || value.isNull();
    }

    /** "2024-05-01T12:00:00Z" and "2024-05-01T14:00:00.000+02:00" are the same. */
    private static boolean sameInstant(String expected, String actual) {
        if (!hasTime(expected) || !hasTime(actual)) {
            return false;
        }
        try {
            return OffsetDateTime.parse(expected).isEqual(OffsetDateTime.parse(actual));
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    /** Spares other texts the exception. */
    private static boolean hasTime(String text) {
        return text.length() > 16 && text.length() < 40 && text.charAt(10) == 'T';
    }

    private static JsonNode read(String text) {
        if (text == null) {
            return null;
        }
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException | NumberFormatException e) {
            // The latter of an exponent beyond what an int holds.
            return null;
        }
    }
}
