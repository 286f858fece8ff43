package io.promptmill.udf.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptmill.udf.error.ModelFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The {@code config.json} of a Hugging Face model folder, with typed access. Where several names are given, the first
 * that the file has counts; null is taken for absent. Immutable and thread-safe.
 */
final class HubConfig {
    /** Configurations take a few KiB; those with label tables a few hundred. */
    private static final int MAXIMUM_BYTES = 1 << 20;
    /** Where models with an image or audio tower keep the settings of the language model. */
    private static final String[] TEXT_SECTIONS = {"text_config", "llm_config", "language_config"};

    private final String source;
    private final ObjectNode values;

    private HubConfig(String source, ObjectNode values) {
        this.source = source;
        this.values = values;
    }

    /**
     * Reads {@code path}; the settings of a language model within a larger one come to the top.
     *
     * @throws ModelFileException where it is missing, too large, or no JSON object
     */
    static HubConfig read(Path path) {
        ObjectNode root = HubJson.read(path, MAXIMUM_BYTES);
        for (String section : TEXT_SECTIONS) {
            if (root.get(section) instanceof ObjectNode text) {
                root = root.deepCopy().setAll(text);
            }
        }
        return new HubConfig(path.toString(), root);
    }

    /** Settings that come from elsewhere. */
    static HubConfig of(String source, Map<String, Object> values) {
        return new HubConfig(source, (ObjectNode) HubJson.node(values));
    }

    /** This configuration with {@code defaults} for what is absent. */
    HubConfig withDefaults(Map<String, Object> defaults) {
        ObjectNode merged = values.deepCopy();
        defaults.forEach((key, value) -> {
            if (find(key) == null) {
                merged.set(key, HubJson.node(value));
            }
        });
        return new HubConfig(source, merged);
    }

    /** The object under {@code name}; empty where there is none. */
    Optional<HubConfig> section(String name) {
        JsonNode node = find(name);
        if (node == null) {
            return Optional.empty();
        }
        if (node instanceof ObjectNode object) {
            return Optional.of(new HubConfig(source + ": '" + name + "'", object));
        }
        throw invalid(name, node, "an object");
    }

    boolean has(String name) {
        return find(name) != null;
    }

    OptionalInt integer(String... names) {
        for (String name : names) {
            JsonNode node = find(name);
            if (node != null) {
                if (!node.isNumber() || !node.canConvertToExactIntegral() || !node.canConvertToInt()) {
                    throw invalid(name, node, "an integer");
                }
                return OptionalInt.of(node.intValue());
            }
        }
        return OptionalInt.empty();
    }

    /** The positive integer under one of {@code names}. */
    int requireInteger(String... names) {
        int value = integer(names).orElseThrow(() -> missing(names));
        if (value < 1) {
            throw new ModelFileException(
                    source + ": key '" + names[0] + "' is " + value + "; expected 1 or more" + remedy());
        }
        return value;
    }

    OptionalDouble number(String... names) {
        for (String name : names) {
            JsonNode node = find(name);
            if (node != null) {
                if (!node.isNumber() || !Double.isFinite(node.doubleValue())) {
                    throw invalid(name, node, "a number");
                }
                return OptionalDouble.of(node.doubleValue());
            }
        }
        return OptionalDouble.empty();
    }

    double requireNumber(String... names) {
        return number(names).orElseThrow(() -> missing(names));
    }

    boolean flag(String name, boolean fallback) {
        JsonNode node = find(name);
        if (node == null) {
            return fallback;
        }
        if (!node.isBoolean()) {
            throw invalid(name, node, "true or false");
        }
        return node.booleanValue();
    }

    Optional<String> text(String... names) {
        for (String name : names) {
            JsonNode node = find(name);
            if (node != null) {
                if (!node.isTextual()) {
                    throw invalid(name, node, "text");
                }
                return Optional.of(node.textValue());
            }
        }
        return Optional.empty();
    }

    /** The elements of an array as text, whatever they are; empty where the key is absent. */
    Optional<String[]> elements(String name) {
        JsonNode node = find(name);
        if (node == null) {
            return Optional.empty();
        }
        if (!node.isArray()) {
            throw invalid(name, node, "an array");
        }
        String[] elements = new String[node.size()];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = node.get(i).asText();
        }
        return Optional.of(elements);
    }

    /** The numbers of an array; empty where the key is absent. */
    Optional<float[]> numbers(String name) {
        JsonNode node = find(name);
        if (node == null) {
            return Optional.empty();
        }
        float[] numbers = new float[node.size()];
        for (int i = 0; i < numbers.length; i++) {
            if (!node.isArray() || !node.get(i).isNumber()) {
                throw invalid(name, node, "an array of numbers");
            }
            numbers[i] = node.get(i).floatValue();
        }
        return Optional.of(numbers);
    }

    /** Where the values come from, for messages. */
    String source() {
        return source;
    }

    /** A setting that would be computed wrongly. */
    ModelFileException unsupported(String name, String expected) {
        return new ModelFileException(source + ": key '" + name + "' is "
                + (has(name) ? shown(find(name)) : "missing") + ", which is not supported; expected " + expected
                + ". Use another model");
    }

    private JsonNode find(String name) {
        JsonNode node = values.get(name);
        return node == null || node.isNull() ? null : node;
    }

    private ModelFileException missing(String... names) {
        return new ModelFileException(source + ": key '" + String.join("' or '", names) + "' is missing" + remedy());
    }

    private ModelFileException invalid(String name, JsonNode node, String expected) {
        return new ModelFileException(
                source + ": key '" + name + "' is " + shown(node) + "; expected " + expected + remedy());
    }

    private static String shown(JsonNode node) {
        return node.isContainerNode() ? node.isArray() ? "an array" : "an object" : Quoted.of(node.asText());
    }

    private static String remedy() {
        return ". The file is damaged or not meant for this engine; download it again";
    }
}
