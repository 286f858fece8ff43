package io.promptmill.udf.constraint.json;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import io.promptmill.udf.constraint.json.Schema.Alternatives;
import io.promptmill.udf.error.NearestName;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The schemas of one text by their pointers, each read when it is first asked for. For one thread. */
final class Schemas {
    /** Most schemas that are used, each place counted once. */
    private static final int MAXIMUM_SCHEMAS = 10_000;

    /** Most values of an {@code enum}. */
    private static final int MAXIMUM_VALUES = 10_000;

    private final JsonNode root;
    private final Patterns patterns;
    private final Map<String, Schema> read = new HashMap<>();

    Schemas(JsonNode root, Patterns patterns) {
        this.root = root;
        this.patterns = patterns;
        if (!root.isObject() && !root.isBoolean()) {
            throw Pointers.problem(Pointers.ROOT, "is no schema; expected an object, true or false");
        }
    }

    /**
     * @throws io.promptmill.udf.error.ConfigException where it uses what is not supported
     */
    Schema at(String pointer) {
        Schema schema = read.get(pointer);
        if (schema == null) {
            if (read.size() >= MAXIMUM_SCHEMAS) {
                throw Pointers.problem(pointer, "is one schema too many: expected at most " + MAXIMUM_SCHEMAS);
            }
            JsonNode node = root.at(JsonPointer.compile(pointer));
            schema = node.isBoolean() ? constant(pointer, node.booleanValue()) : read(new Fields(pointer, node));
            read.put(pointer, schema);
        }
        return schema;
    }

    private static Schema constant(String pointer, boolean value) {
        Shape shape =
                value ? Shape.any(pointer) : Shape.nothing(pointer, "the schema is false, so that nothing is valid");
        return new Schema(pointer, shape, null, List.of(), List.of());
    }

    private Schema read(Fields fields) {
        Set<JsonType> mentioned = EnumSet.noneOf(JsonType.class);
        fields.node().fieldNames().forEachRemaining(keyword -> {
            JsonType type = Keywords.limited(fields.pointer(), keyword);
            if (type != null) {
                mentioned.add(type);
            }
        });
        fields.namedSchemas("$defs");
        fields.namedSchemas("definitions");
        List<String> all = new ArrayList<>(fields.schemas("allOf"));
        if (fields.has("$ref")) {
            all.add(0, target(fields));
        }
        return new Schema(fields.pointer(), shape(fields, mentioned), values(fields), all, alternatives(fields));
    }

    private Shape shape(Fields fields, Set<JsonType> mentioned) {
        List<String> names = types(fields);
        List<JsonType> types = names.stream().map(JsonType::named).toList();
        boolean integer = names.contains("integer") && !names.contains("number");
        boolean strings = types.contains(JsonType.STRING);
        return Shape.any(fields.pointer())
                .withTypes(types, null)
                .withMentioned(mentioned)
                .withNumbers(NumberRange.read(fields, integer))
                .withStrings(strings ? StringSet.read(fields, patterns) : StringSet.ANY)
                .withContainers(ArrayShape.read(fields), ObjectShape.read(fields));
    }

    private static List<String> types(Fields fields) {
        if (!fields.has("type")) {
            return JsonType.NAMES;
        }
        List<String> types =
                fields.node().get("type").isTextual() ? List.of(fields.text("type")) : fields.names("type");
        if (types.isEmpty()) {
            throw fields.problem("'type' names no type; expected some of " + String.join(", ", JsonType.NAMES));
        }
        for (String type : types) {
            if (!JsonType.NAMES.contains(type)) {
                throw fields.problem("type '" + type + "' is unknown; " + NearestName.hint(type, JsonType.NAMES)
                        + "Expected one of " + String.join(", ", JsonType.NAMES));
            }
        }
        return types;
    }

    private static Map<Object, JsonNode> values(Fields fields) {
        if (!fields.has("enum") && !fields.has("const")) {
            return null;
        }
        List<JsonNode> listed =
                fields.has("enum") ? fields.list("enum") : List.of(fields.node().get("const"));
        if (listed.isEmpty() || listed.size() > MAXIMUM_VALUES) {
            throw fields.problem("'enum' has " + listed.size() + " values; expected 1 to " + MAXIMUM_VALUES
                    + ". List what is valid, or use 'pattern'");
        }
        Map<Object, JsonNode> values = new LinkedHashMap<>();
        listed.forEach(value -> values.putIfAbsent(Values.canonical(value), value));
        if (fields.has("const")) {
            values.keySet().retainAll(Set.of(Values.canonical(fields.node().get("const"))));
        }
        return values;
    }

    private static List<Alternatives> alternatives(Fields fields) {
        List<Alternatives> alternatives = new ArrayList<>();
        for (String keyword : List.of("anyOf", "oneOf")) {
            if (fields.has(keyword)) {
                List<String> branches = fields.schemas(keyword);
                if (branches.isEmpty()) {
                    throw fields.problem(
                            "'" + keyword + "' is empty, so that nothing is valid; list at least one schema");
                }
                alternatives.add(
                        new Alternatives(Pointers.child(fields.pointer(), keyword), keyword.equals("oneOf"), branches));
            }
        }
        return alternatives;
    }

    private String target(Fields fields) {
        String reference = fields.text("$ref");
        String pointer = Pointers.of(fields.pointer(), reference);
        JsonNode target = root.at(JsonPointer.compile(pointer));
        if (target.getNodeType() == JsonNodeType.OBJECT || target.isBoolean()) {
            return pointer;
        }
        int slash = pointer.lastIndexOf('/');
        JsonNode parent = slash < 0 ? root : root.at(JsonPointer.compile(pointer.substring(0, slash)));
        List<String> names = new ArrayList<>();
        parent.fieldNames().forEachRemaining(names::add);
        throw fields.problem("$ref '" + reference + "' leads to no schema; "
                + NearestName.hint(pointer.substring(slash + 1), names) + "Define it under '$defs'");
    }
}
