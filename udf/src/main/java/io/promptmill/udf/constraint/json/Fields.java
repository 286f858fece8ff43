package io.promptmill.udf.constraint.json;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.error.ConfigException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The keywords of one schema with their values, each of the kind that it must have. */
record Fields(String pointer, JsonNode node) {
    /** Most of {@code maxLength}, {@code maxItems} and their like. */
    static final int MAXIMUM_COUNT = 1_000_000;
    /** Most digits before and behind the point of a limit. */
    private static final int MAXIMUM_DIGITS = 40;

    boolean has(String keyword) {
        return node.has(keyword);
    }

    /** A count, or what stands for its absence. */
    int count(String keyword, int absent) {
        if (!has(keyword)) {
            return absent;
        }
        JsonNode value = node.get(keyword);
        boolean whole = value.isNumber()
                && value.decimalValue().signum() >= 0
                && value.decimalValue().stripTrailingZeros().scale() <= 0;
        if (!whole) {
            throw wrong(keyword, "a count of 0 or more");
        }
        if (value.decimalValue().compareTo(BigDecimal.valueOf(MAXIMUM_COUNT)) > 0) {
            throw problem(keyword + " is " + value.asText() + "; expected at most " + MAXIMUM_COUNT
                    + ". Use a smaller one, or leave it out");
        }
        return value.decimalValue().intValueExact();
    }

    /** A limit of numbers, or null. */
    BigDecimal number(String keyword) {
        if (!has(keyword)) {
            return null;
        }
        JsonNode value = node.get(keyword);
        if (value.isBoolean() && keyword.startsWith("exclusive")) {
            throw wrong(keyword, "a number in place of draft 4's boolean: the limit itself");
        }
        if (!value.isNumber()) {
            throw wrong(keyword, "a number");
        }
        BigDecimal number = value.decimalValue().stripTrailingZeros();
        if (number.scale() > MAXIMUM_DIGITS) {
            throw problem(keyword + " has " + number.scale() + " digits behind the point; expected at most "
                    + MAXIMUM_DIGITS + ". Round it");
        }
        boolean forces = keyword.endsWith("inimum") ? number.signum() > 0 : number.signum() < 0;
        if (forces && number.precision() - number.scale() > MAXIMUM_DIGITS) {
            throw problem(
                    keyword + " has more than " + MAXIMUM_DIGITS + " digits before the point; use one with fewer");
        }
        return number;
    }

    String text(String keyword) {
        if (!has(keyword)) {
            return null;
        }
        if (!node.get(keyword).isTextual()) {
            throw wrong(keyword, "a string");
        }
        return node.get(keyword).textValue();
    }

    List<JsonNode> list(String keyword) {
        if (!node.get(keyword).isArray()) {
            throw wrong(keyword, "an array");
        }
        List<JsonNode> elements = new ArrayList<>();
        node.get(keyword).forEach(elements::add);
        return elements;
    }

    /** Names in an array of strings; none where the keyword is absent. */
    List<String> names(String keyword) {
        List<String> names = new ArrayList<>();
        for (JsonNode name : has(keyword) ? list(keyword) : List.<JsonNode>of()) {
            if (!name.isTextual()) {
                throw wrong(keyword, "an array of strings");
            }
            names.add(name.textValue());
        }
        return names;
    }

    /** Pointer of the schema under a keyword. */
    String schema(String keyword) {
        return checked(node.get(keyword), Pointers.child(pointer, keyword));
    }

    /** Pointers of an array of schemas; none where the keyword is absent. */
    List<String> schemas(String keyword) {
        List<String> pointers = new ArrayList<>();
        for (JsonNode element : has(keyword) ? list(keyword) : List.<JsonNode>of()) {
            pointers.add(checked(element, Pointers.child(pointer, keyword) + "/" + pointers.size()));
        }
        return pointers;
    }

    /** Pointers of schemas by name; none where the keyword is absent. */
    Map<String, String> namedSchemas(String keyword) {
        Map<String, String> pointers = new LinkedHashMap<>();
        if (has(keyword)) {
            if (!node.get(keyword).isObject()) {
                throw wrong(keyword, "an object of schemas by name");
            }
            node.get(keyword)
                    .fields()
                    .forEachRemaining(field -> pointers.put(
                            field.getKey(),
                            checked(
                                    field.getValue(),
                                    Pointers.child(Pointers.child(pointer, keyword), field.getKey()))));
        }
        return pointers;
    }

    private static String checked(JsonNode schema, String place) {
        if (!schema.isObject() && !schema.isBoolean()) {
            throw Pointers.problem(place, "is " + kind(schema) + "; expected a schema: an object, true or false");
        }
        return place;
    }

    ConfigException wrong(String keyword, String expected) {
        return problem("'" + keyword + "' is " + kind(node.get(keyword)) + "; expected " + expected);
    }

    ConfigException problem(String what) {
        return Pointers.problem(pointer, what);
    }

    private static String kind(JsonNode value) {
        String text = value.toString();
        return value.isContainerNode() || text.length() > 40
                ? "of kind " + JsonType.of(value).name().toLowerCase(java.util.Locale.ROOT)
                : text;
    }
}
