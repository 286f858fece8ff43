package io.promptmill.udf.spark;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptmill.udf.error.ConfigException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The columns for documents of a JSON schema. What has one type becomes a column of it; what may be of several, refers to
 * itself or may have any properties becomes a column of text with the JSON of it. Whether a schema is valid is not looked
 * at: documents are held to it while they are generated. Used once.
 */
final class SchemaColumns {
    private static final ObjectReader READER = new ObjectMapper()
            .reader()
            .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .with(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
    private static final String EXPECTED =
            "; expected the JSON schema of an object, such as {\"type\": \"object\", \"properties\": {\"name\": {\"type\":"
                    + " \"string\"}}}";
    private static final JsonColumn ANY = new JsonScalar.AnyJson();

    /** References make trees of columns that are much larger than their schema. */
    private static final int MOST_SCHEMAS = 10_000;

    private static final int DEEPEST = 50;

    private final JsonNode root;
    private final Deque<String> references = new ArrayDeque<>();
    private int schemas;
    private int depth;

    private SchemaColumns(JsonNode root) {
        this.root = root;
    }

    /** @throws ConfigException where the text is not JSON, or does not describe an object with properties */
    static JsonColumn.Struct of(String schema) {
        JsonNode root;
        try {
            root = READER.readTree(schema);
        } catch (JsonProcessingException malformed) {
            String place = malformed.getLocation() == null
                    ? ""
                    : " at line " + malformed.getLocation().getLineNr() + ", column "
                            + malformed.getLocation().getColumnNr();
            throw new ConfigException(
                    "extract.schema is not JSON" + place + ": " + malformed.getOriginalMessage() + EXPECTED, malformed);
        }
        if (new SchemaColumns(root).column(root, "extract.schema") instanceof JsonColumn.Struct struct) {
            return struct;
        }
        throw new ConfigException(
                "extract.schema does not describe an object with properties, which would be the columns" + EXPECTED);
    }

    /** @throws ConfigException where Spark could not tell two columns apart */
    static void checkNames(List<String> names, String place) {
        Map<String, String> seen = new HashMap<>();
        for (String name : names) {
            String equal = seen.put(name.toLowerCase(Locale.ROOT), name);
            if (equal != null) {
                throw new ConfigException(place + " has '" + equal + "' and '" + name
                        + "', which are one column for Spark; rename one of them");
            }
        }
    }

    private JsonColumn column(JsonNode schema, String place) {
        if (depth == DEEPEST) {
            return ANY;
        }
        int outer = references.size();
        depth++;
        ObjectNode merged = schema.isObject() ? merged((ObjectNode) schema) : null;
        JsonColumn column = merged == null ? ANY : merged(merged, place);
        depth--;
        while (references.size() > outer) {
            references.pop();
        }
        return column;
    }

    /**
     * The schema with what it refers to and what must hold besides it. References that were followed stay noted until the
     * column is done.
     *
     * @return null where it refers to itself, or to nothing
     */
    private ObjectNode merged(ObjectNode schema) {
        if (++schemas > MOST_SCHEMAS) {
            throw new ConfigException("extract.schema describes more than " + MOST_SCHEMAS
                    + " values where its references are followed; describe fewer of them");
        }
        ObjectNode merged = JsonNodeFactory.instance.objectNode();
        merged.setAll(schema);
        merged.remove(List.of("$ref", "allOf"));
        List<JsonNode> parts = new ArrayList<>();
        schema.path("allOf").forEach(parts::add);
        if (schema.path("$ref").isTextual()) {
            String reference = schema.get("$ref").textValue();
            if (references.contains(reference)) {
                return null;
            }
            references.push(reference);
            parts.add(resolve(reference));
        }
        for (JsonNode part : parts) {
            ObjectNode other = part.isObject() && references.size() <= DEEPEST ? merged((ObjectNode) part) : null;
            if (other == null) {
                return null;
            }
            add(merged, other);
        }
        return merged;
    }

    private static void add(ObjectNode merged, ObjectNode other) {
        other.properties().forEach(entry -> {
            if (entry.getKey().equals("properties")
                    && merged.path("properties") instanceof ObjectNode own
                    && entry.getValue() instanceof ObjectNode more) {
                ObjectNode both = JsonNodeFactory.instance.objectNode();
                both.setAll(own);
                more.properties().forEach(property -> both.putIfAbsent(property.getKey(), property.getValue()));
                merged.set("properties", both);
            } else {
                merged.putIfAbsent(entry.getKey(), entry.getValue());
            }
        });
    }

    private JsonNode resolve(String reference) {
        if (!reference.startsWith("#")) {
            return MissingNode.getInstance();
        }
        try {
            return root.at(URLDecoder.decode(reference.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException noPointer) {
            return MissingNode.getInstance();
        }
    }

    private JsonColumn merged(ObjectNode schema, String place) {
        List<JsonNode> values = values(schema);
        if (!values.isEmpty()) {
            return ofValues(values);
        }
        for (String key : List.of("anyOf", "oneOf")) {
            if (schema.path(key).isArray() && !schema.has("properties")) {
                return ofAlternatives(schema.get(key), place);
            }
        }
        return switch (type(schema)) {
            case "object" -> object(schema, place);
            case "array" ->
                schema.has("prefixItems") || schema.path("items").isArray()
                        ? ANY
                        : new JsonColumn.ListOf(column(schema.path("items"), place + "[]"));
            case "string" -> string(schema.path("format").asText());
            case "integer" -> new JsonScalar.Whole(64);
            case "number" -> new JsonScalar.DoublePrecision();
            case "boolean" -> new JsonScalar.Flag();
            default -> ANY;
        };
    }

    /** What the schema lists as its values, without null. */
    private static List<JsonNode> values(ObjectNode schema) {
        List<JsonNode> values = new ArrayList<>();
        schema.path("enum").forEach(values::add);
        if (schema.has("const")) {
            values.add(schema.get("const"));
        }
        values.removeIf(JsonNode::isNull);
        return values;
    }

    private static JsonColumn ofValues(List<JsonNode> values) {
        if (values.stream().allMatch(JsonNode::isTextual)) {
            return new JsonScalar.Text();
        }
        if (values.stream().allMatch(JsonNode::isBoolean)) {
            return new JsonScalar.Flag();
        }
        if (values.stream().allMatch(JsonNode::canConvertToLong)
                && values.stream().allMatch(JsonNode::isIntegralNumber)) {
            return new JsonScalar.Whole(64);
        }
        return values.stream().allMatch(JsonNode::isNumber) ? new JsonScalar.DoublePrecision() : ANY;
    }

    private JsonColumn ofAlternatives(JsonNode alternatives, String place) {
        Set<JsonColumn> different = new LinkedHashSet<>();
        for (JsonNode alternative : alternatives) {
            if (!alternative.path("type").asText().equals("null")
                    && !(alternative.has("const") && alternative.get("const").isNull())) {
                different.add(column(alternative, place));
            }
        }
        return different.size() == 1 ? different.iterator().next() : ANY;
    }

    /** The one type besides null; empty where there are several, or any. */
    private static String type(ObjectNode schema) {
        JsonNode type = schema.path("type");
        if (type.isTextual()) {
            return type.textValue();
        }
        List<String> types = new ArrayList<>();
        type.forEach(each -> types.add(each.asText()));
        types.remove("null");
        if (types.size() == 1) {
            return types.get(0);
        }
        return type.isMissingNode() && schema.has("properties") ? "object" : "";
    }

    private JsonColumn object(ObjectNode schema, String place) {
        JsonNode properties = schema.path("properties");
        if (properties.isEmpty()) {
            JsonNode more = schema.path("additionalProperties");
            return more.isObject() && !more.isEmpty() ? new JsonColumn.MapOf(column(more, place + "{}")) : ANY;
        }
        Map<String, JsonColumn> fields = new LinkedHashMap<>();
        properties.properties().forEach(property -> {
            if (!property.getValue().isBoolean() || property.getValue().booleanValue()) {
                fields.put(property.getKey(), column(property.getValue(), place + ".properties." + property.getKey()));
            }
        });
        checkNames(List.copyOf(fields.keySet()), place);
        return fields.isEmpty()
                ? ANY
                : new JsonColumn.Struct(fields.entrySet().stream()
                        .map(field -> new JsonColumn.Field(field.getKey(), field.getValue()))
                        .toList());
    }

    private static JsonColumn string(String format) {
        return switch (format) {
            case "date" -> new JsonScalar.Day();
            case "date-time" -> new JsonScalar.Moment();
            default -> new JsonScalar.Text();
        };
    }
}
