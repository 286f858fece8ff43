package io.promptmill.udf.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.promptmill.udf.error.ModelFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A value in a JSON file, absent ones included, which knows its place for messages (RFC 6901). Immutable. */
final class JsonPlace {
    /** The longest known pipeline has eight. */
    private static final int MAXIMUM_STEPS = 24;

    private final Path file;
    private final String pointer;
    private final JsonNode node;

    private JsonPlace(Path file, String pointer, JsonNode node) {
        this.file = file;
        this.pointer = pointer;
        this.node = node;
    }

    static JsonPlace root(Path file, JsonNode node) {
        return new JsonPlace(file, "", node);
    }

    static JsonPlace absent(Path file) {
        return absent(file, "");
    }

    static JsonPlace absent(Path file, String pointer) {
        return new JsonPlace(file, pointer, MissingNode.getInstance());
    }

    JsonPlace at(String key) {
        return new JsonPlace(file, pointer + "/" + key.replace("~", "~0").replace("/", "~1"), node.path(key));
    }

    Path file() {
        return file;
    }

    /** True for what is not there, and for null. */
    boolean isAbsent() {
        return node.isMissingNode() || node.isNull();
    }

    boolean isText() {
        return node.isTextual();
    }

    boolean isArray() {
        return node.isArray();
    }

    boolean isObject() {
        return node.isObject();
    }

    String text() {
        if (!node.isTextual()) {
            throw problem("is " + kind() + "; expected text");
        }
        return node.textValue();
    }

    /** Text of at most {@code maximum} characters. */
    String text(int maximum) {
        if (text().length() > maximum) {
            throw problem("has " + text().length() + " characters; expected at most " + maximum);
        }
        return text();
    }

    /** As {@link #text(int)}, with a value for an absent one. */
    String textOr(String fallback, int maximum) {
        return isAbsent() ? fallback : text(maximum);
    }

    String textOr(String fallback) {
        return isAbsent() ? fallback : text();
    }

    boolean flagOr(boolean fallback) {
        if (isAbsent()) {
            return fallback;
        }
        if (!node.isBoolean()) {
            throw problem("is " + kind() + "; expected true or false");
        }
        return node.booleanValue();
    }

    /** The whole number there, within {@code [minimum, maximum]}. */
    int integer(int minimum, int maximum) {
        if (!node.isIntegralNumber()) {
            throw problem("is " + kind() + "; expected a whole number");
        }
        if (!node.canConvertToLong() || node.longValue() < minimum || node.longValue() > maximum) {
            throw problem("is " + node.asText() + "; expected " + minimum + " to " + maximum);
        }
        return node.intValue();
    }

    int integerOr(int fallback, int minimum, int maximum) {
        return isAbsent() ? fallback : integer(minimum, maximum);
    }

    /** One character. */
    int character() {
        String text = text();
        if (text.codePointCount(0, text.length()) != 1) {
            throw problem("is '" + Vocabulary.shortened(text) + "'; expected one character");
        }
        return text.codePointAt(0);
    }

    /** The elements of the array there; an absent one has none. */
    List<JsonPlace> elements() {
        if (isAbsent()) {
            return List.of();
        }
        if (!node.isArray()) {
            throw problem("is " + kind() + "; expected an array");
        }
        List<JsonPlace> elements = new ArrayList<>(node.size());
        for (int index = 0; index < node.size(); index++) {
            elements.add(new JsonPlace(file, pointer + "/" + index, node.get(index)));
        }
        return elements;
    }

    /**
     * The steps of a pipeline: the object there, or those in its list {@code key} where its type is Sequence, nested ones
     * unpacked. An absent place has none.
     */
    List<JsonPlace> steps(String key) {
        List<JsonPlace> steps = new ArrayList<>();
        addSteps(key, steps);
        if (steps.size() > MAXIMUM_STEPS) {
            throw problem("has " + steps.size() + " steps; expected at most " + MAXIMUM_STEPS);
        }
        return steps;
    }

    private void addSteps(String key, List<JsonPlace> steps) {
        if (isAbsent()) {
            return;
        }
        if (at("type").text().equals("Sequence")) {
            at(key).elements().forEach(step -> step.addSteps(key, steps));
        } else {
            steps.add(this);
        }
    }

    ModelFileException problem(String what) {
        return new ModelFileException(file + ": value at '" + pointer + "' " + what
                + ". The file is damaged or made for another engine; download it again or use another model");
    }

    private String kind() {
        return switch (node.getNodeType()) {
            case MISSING -> "missing";
            case NULL -> "null";
            case STRING -> "text";
            case NUMBER -> "a number";
            case BOOLEAN -> "true or false";
            case ARRAY -> "an array";
            case OBJECT -> "an object";
            default -> "of another kind";
        };
    }
}
