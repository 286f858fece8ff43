package io.promptmill.udf.spark;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Reads sampling values that come as numbers, text or JSON. Every method throws {@link IllegalArgumentException} whose
 * message says what was expected.
 */
final class SamplingValues {
    private static final ObjectMapper JSON = new ObjectMapper();

    private SamplingValues() {}

    static double number(Object value) {
        if (value instanceof Number number) {
            return number.doubleValue();
        }
        if (value instanceof String text) {
            try {
                return Double.parseDouble(text.strip());
            } catch (NumberFormatException malformed) {
                throw new IllegalArgumentException("a number", malformed);
            }
        }
        throw new IllegalArgumentException("a number");
    }

    /** A whole number of 64 bits; {@code 3.0} is one, {@code 3.5} is not. */
    static long whole(Object value) {
        if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        if (value instanceof Number || value instanceof String) {
            try {
                BigDecimal number = new BigDecimal(value.toString().strip());
                // A huge exponent would be expanded digit by digit.
                if (Math.abs((long) number.scale()) <= 400) {
                    return number.longValueExact();
                }
            } catch (ArithmeticException | NumberFormatException malformed) {
                throw new IllegalArgumentException("a whole number", malformed);
            }
        }
        throw new IllegalArgumentException("a whole number");
    }

    /** A whole number of 32 bits. */
    static int count(Object value) {
        long whole = whole(value);
        if (whole != (int) whole) {
            throw new IllegalArgumentException("a whole number of at most " + Integer.MAX_VALUE);
        }
        return (int) whole;
    }

    static boolean flag(Object value) {
        if (value instanceof Boolean flag) {
            return flag;
        }
        if (value instanceof String text) {
            switch (text.strip().toLowerCase(Locale.ROOT)) {
                case "true":
                    return true;
                case "false":
                    return false;
                default:
                    break;
            }
        }
        throw new IllegalArgumentException("true or false");
    }

    /** One text, or a list of them. */
    static List<String> texts(Object value) {
        if (value instanceof String text) {
            return List.of(text);
        }
        if (value instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
            return list.stream().map(String.class::cast).toList();
        }
        throw new IllegalArgumentException("a text or an array of texts without nulls");
    }

    /** One token id, a list of them, or JSON text of either. */
    static List<Integer> tokens(Object value) {
        String expected = "an array of token ids, 0 or more";
        Object parsed = value instanceof String text ? json(text, expected) : value;
        List<?> list = parsed instanceof List<?> several ? several : List.of(parsed);
        return list.stream().map(item -> token(item, expected)).toList();
    }

    /** Numbers by token id: a map, or JSON text of one. */
    static Map<Integer, Float> bias(Object value) {
        String expected = "numbers by token id, such as {\"42\": -1.5}";
        Object parsed = value instanceof String text ? json(text, expected) : value;
        if (!(parsed instanceof Map<?, ?> map)) {
            throw new IllegalArgumentException(expected);
        }
        Map<Integer, Float> bias = new LinkedHashMap<>();
        map.forEach((token, added) -> {
            if (!(added instanceof Number number)) {
                throw new IllegalArgumentException(expected);
            }
            float narrowed = number.floatValue();
            if (Float.isInfinite(narrowed) && !Double.isInfinite(number.doubleValue())) {
                throw new IllegalArgumentException(
                        expected + ", between -" + Float.MAX_VALUE + " and " + Float.MAX_VALUE);
            }
            bias.put(token(token, expected), narrowed);
        });
        return bias;
    }

    private static int token(Object value, String expected) {
        int token;
        try {
            token = count(value);
        } catch (IllegalArgumentException malformed) {
            throw new IllegalArgumentException(expected, malformed);
        }
        if (token < 0) {
            throw new IllegalArgumentException(expected);
        }
        return token;
    }

    private static Object json(String text, String expected) {
        try {
            Object parsed = JSON.readValue(text, Object.class);
            if (parsed != null) {
                return parsed;
            }
        } catch (JsonProcessingException malformed) {
            throw new IllegalArgumentException("JSON with " + expected, malformed);
        }
        throw new IllegalArgumentException("JSON with " + expected);
    }
}
