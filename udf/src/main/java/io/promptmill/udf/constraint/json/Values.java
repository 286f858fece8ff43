package io.promptmill.udf.constraint.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Single JSON values: whether they are equal, and how they are written. */
final class Values {
    private Values() {}

    /** Equal where JSON schema has the values equal: numbers by their value, objects whatever their order. */
    static Object canonical(JsonNode value) {
        return switch (JsonType.of(value)) {
            case NULL -> Optional.empty();
            case BOOLEAN -> value.booleanValue();
            case NUMBER -> value.decimalValue().stripTrailingZeros();
            case STRING -> value.textValue();
            case ARRAY -> {
                List<Object> items = new ArrayList<>();
                value.forEach(item -> items.add(canonical(item)));
                yield items;
            }
            case OBJECT -> {
                Map<String, Object> properties = new HashMap<>();
                value.fields().forEachRemaining(field -> properties.put(field.getKey(), canonical(field.getValue())));
                yield properties;
            }
        };
    }

    /** The text, cut where a space may stand: behind colons and commas. */
    static List<String> pieces(JsonNode value) {
        List<String> pieces = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        write(value, text, pieces);
        pieces.add(text.toString());
        return pieces;
    }

    /** Appends to {@code text}; where a space may stand, the text so far goes to {@code pieces}. */
    private static void write(JsonNode value, StringBuilder text, List<String> pieces) {
        if (value.isTextual()) {
            text.append(StringTexts.quoted(value.textValue()));
        } else if (value.isNumber()) {
            text.append(number(value.decimalValue()));
        } else if (value.isArray()) {
            text.append('[');
            for (int i = 0; i < value.size(); i++) {
                separate(text, i == 0 ? "" : ",", pieces);
                write(value.get(i), text, pieces);
            }
            text.append(']');
        } else if (value.isObject()) {
            text.append('{');
            List<String> names = new ArrayList<>();
            value.fieldNames().forEachRemaining(names::add);
            for (int i = 0; i < names.size(); i++) {
                separate(text, i == 0 ? "" : ",", pieces);
                separate(text.append(StringTexts.quoted(names.get(i))), ":", pieces);
                write(value.get(names.get(i)), text, pieces);
            }
            text.append('}');
        } else {
            text.append(value);
        }
    }

    private static void separate(StringBuilder text, String separator, List<String> pieces) {
        if (!separator.isEmpty()) {
            pieces.add(text + separator);
            text.setLength(0);
        }
    }

    /** Whole numbers of moderate size without a point and an exponent, so that they can be read as integers. */
    private static String number(BigDecimal number) {
        boolean whole = number.stripTrailingZeros().scale() <= 0 && number.precision() - number.scale() <= 19;
        return whole ? number.toBigInteger().toString() : number.toString();
    }
}
