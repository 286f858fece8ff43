package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.NearestName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * One level of a job configuration with typed access to its keys. Every failure is a {@link ConfigException} that names
 * the full path of the key. A key without a value counts as absent. Immutable.
 */
final class Section {
    /** Numbers that YAML 1.2 knows and the parser, which follows YAML 1.1, leaves as text. */
    private static final Pattern EXPONENT = Pattern.compile("[-+]?\\d+(\\.\\d*)?[eE][-+]?\\d+");

    private final String path;
    private final JsonNode node;

    private Section(String path, JsonNode node) {
        this.path = path;
        this.node = node;
    }

    /**
     * A section that may have these keys only.
     *
     * @param path of the section, empty for the whole configuration
     * @param node a mapping, or null or empty for an absent section
     */
    static Section of(String path, JsonNode node, Collection<String> known) {
        Section section = anyKeys(path, node);
        for (String key : section.keys()) {
            if (!known.contains(key)) {
                throw new ConfigException("unknown key '" + section.pathOf(key) + "'; "
                        + NearestName.of(key, known)
                                .map(nearest -> "did you mean '" + section.pathOf(nearest) + "'? Known here: ")
                                .orElse("known here: ")
                        + String.join(", ", known));
            }
        }
        return section;
    }

    /** A section whose keys are the user's own. */
    static Section anyKeys(String path, JsonNode node) {
        if (node != null && !node.isNull() && !node.isObject()) {
            throw new ConfigException((path.isEmpty() ? "the configuration" : "'" + path + "'") + " is "
                    + describe(node) + "; expected a mapping of keys to values");
        }
        return new Section(path, node);
    }

    String pathOf(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    /** Every key, in the order of the file. */
    List<String> keys() {
        List<String> keys = new ArrayList<>();
        if (node != null) {
            node.fieldNames().forEachRemaining(keys::add);
        }
        return keys;
    }

    boolean has(String key) {
        return value(key) != null;
    }

    /** The value under {@code key}, or null. */
    JsonNode value(String key) {
        JsonNode value = node == null ? null : node.get(key);
        return value == null || value.isNull() ? null : value;
    }

    /** The text under {@code key}, or null where it is absent. */
    String text(String key) {
        JsonNode value = value(key);
        if (value == null) {
            return null;
        }
        if (!value.isTextual()) {
            throw wrong(key, value, "text" + (value.isValueNode() ? " (put it in quotes)" : ""));
        }
        return value.textValue();
    }

    /** The text under a key that has a few values. */
    Optional<String> oneOf(String key, List<String> values) {
        String value = text(key);
        if (value != null && !values.contains(value)) {
            throw wrong(key, value(key), "one of " + String.join(", ", values));
        }
        return Optional.ofNullable(value);
    }

    /** A number of bytes: an integer, or one with a unit of 1024, such as {@code 256MB} or {@code 1 GiB}. */
    Optional<Long> bytes(String key) {
        return Optional.ofNullable(value(key)).map(value -> {
            OptionalLong bytes = Bytes.parse(value.asText());
            if (!value.isValueNode() || bytes.isEmpty()) {
                throw wrong(key, value, "a number of bytes such as 256MB");
            }
            return bytes.getAsLong();
        });
    }

    String requireText(String key) {
        String text = text(key);
        if (text == null || text.isBlank()) {
            throw new ConfigException("'" + pathOf(key) + "' is missing; the job cannot run without it");
        }
        return text;
    }

    Optional<Long> integer(String key) {
        return Optional.ofNullable(value(key)).map(value -> integer(key, value));
    }

    /** The integer under {@code key}, which must fit into 32 bits. */
    Optional<Integer> smallInteger(String key) {
        return integer(key).map(value -> {
            if (value != value.intValue()) {
                throw wrong(key, value(key), "an integer of at most " + Integer.MAX_VALUE);
            }
            return value.intValue();
        });
    }

    Optional<Double> number(String key) {
        return Optional.ofNullable(value(key)).map(value -> number(key, value));
    }

    Optional<Boolean> flag(String key) {
        return Optional.ofNullable(value(key)).map(value -> {
            if (!value.isBoolean()) {
                throw wrong(key, value, "true or false");
            }
            return value.booleanValue();
        });
    }

    /** A list of texts; a single text stands for a list of one. */
    Optional<List<String>> texts(String key) {
        return list(key, "text or a list of texts", element -> element.isTextual() ? element.textValue() : null);
    }

    /** A list of 32-bit integers; a single one stands for a list of one. */
    Optional<List<Integer>> integers(String key) {
        return list(
                key,
                "an integer or a list of integers",
                element -> element.canConvertToInt() && element.isIntegralNumber() ? element.intValue() : null);
    }

    /** Numbers by integer, such as a bias by token id. */
    Optional<Map<Integer, Float>> numbersByInteger(String key) {
        return Optional.ofNullable(value(key)).map(value -> {
            Section entries = anyKeys(pathOf(key), value);
            Map<Integer, Float> numbers = new LinkedHashMap<>();
            for (String name : entries.keys()) {
                try {
                    numbers.put(
                            Integer.valueOf(name),
                            entries.number(name).orElse(0.0).floatValue());
                } catch (NumberFormatException e) {
                    throw new ConfigException(
                            "'" + entries.pathOf(name) + "': the key is '" + name + "'; expected a token id", e);
                }
            }
            return numbers;
        });
    }

    /** Scalars of any type as text, by the user's own names. */
    Map<String, String> scalars(String key) {
        return anyKeys(pathOf(key), value(key)).scalars();
    }

    /** Every scalar of this section as text. */
    Map<String, String> scalars() {
        Map<String, String> scalars = new LinkedHashMap<>();
        for (String key : keys()) {
            JsonNode value = value(key);
            if (value != null && !value.isValueNode()) {
                throw wrong(key, value, "text, a number, true or false");
            }
            if (value != null) {
                scalars.put(key, value.asText());
            }
        }
        return scalars;
    }

    ConfigException wrong(String key, JsonNode value, String expected) {
        return new ConfigException("'" + pathOf(key) + "' is " + describe(value) + "; expected " + expected);
    }

    private <T> Optional<List<T>> list(String key, String expected, Function<JsonNode, T> element) {
        return Optional.ofNullable(value(key)).map(value -> {
            List<T> list = new ArrayList<>();
            Iterator<JsonNode> elements =
                    value.isArray() ? value.elements() : List.of(value).iterator();
            while (elements.hasNext()) {
                T converted = element.apply(elements.next());
                if (converted == null) {
                    throw wrong(key, value, expected);
                }
                list.add(converted);
            }
            return list;
        });
    }

    private long integer(String key, JsonNode value) {
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw wrong(key, value, "an integer");
        }
        return value.longValue();
    }

    private double number(String key, JsonNode value) {
        if (value.isTextual() && EXPONENT.matcher(value.textValue()).matches()) {
            return Double.parseDouble(value.textValue());
        }
        if (!value.isNumber()) {
            throw wrong(key, value, "a number");
        }
        return value.doubleValue();
    }

    private static String describe(JsonNode value) {
        String shown = value.toString();
        return shown.length() <= 80 ? shown : shown.substring(0, 77) + "...";
    }
}
