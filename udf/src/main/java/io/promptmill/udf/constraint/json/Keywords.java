package io.promptmill.udf.constraint.json;

import io.promptmill.udf.error.NearestName;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Which keywords are read, which are skipped, and what to do about the others. */
final class Keywords {
    /** With the kind of values that they limit. */
    private static final Map<String, JsonType> LIMITS = Map.ofEntries(
            Map.entry("minimum", JsonType.NUMBER),
            Map.entry("maximum", JsonType.NUMBER),
            Map.entry("exclusiveMinimum", JsonType.NUMBER),
            Map.entry("exclusiveMaximum", JsonType.NUMBER),
            Map.entry("minLength", JsonType.STRING),
            Map.entry("maxLength", JsonType.STRING),
            Map.entry("pattern", JsonType.STRING),
            Map.entry("format", JsonType.STRING),
            Map.entry("items", JsonType.ARRAY),
            Map.entry("prefixItems", JsonType.ARRAY),
            Map.entry("minItems", JsonType.ARRAY),
            Map.entry("maxItems", JsonType.ARRAY),
            Map.entry("properties", JsonType.OBJECT),
            Map.entry("required", JsonType.OBJECT),
            Map.entry("additionalProperties", JsonType.OBJECT));

    private static final Set<String> GENERAL =
            Set.of("type", "enum", "const", "$ref", "allOf", "anyOf", "oneOf", "$defs", "definitions");

    private static final Set<String> ANNOTATIONS = Set.of(
            "title",
            "description",
            "default",
            "examples",
            "example",
            "$comment",
            "$schema",
            "deprecated",
            "readOnly",
            "writeOnly",
            "contentMediaType");

    private static final String RESTRICT = "leave it out and check the completions afterwards";
    private static final String ENUMERATE = "list the cases with 'anyOf'";
    private static final Map<String, String> ADVICE = Map.ofEntries(
            Map.entry("multipleOf", "use 'type': 'integer', a 'pattern' of a string, or 'enum'"),
            Map.entry("uniqueItems", RESTRICT),
            Map.entry("contains", RESTRICT),
            Map.entry("minContains", RESTRICT),
            Map.entry("maxContains", RESTRICT),
            Map.entry("additionalItems", "use 'prefixItems' with 'items'"),
            Map.entry("unevaluatedItems", "use 'prefixItems' with 'items'"),
            Map.entry("unevaluatedProperties", "use 'additionalProperties'"),
            Map.entry("patternProperties", "use 'properties' or 'additionalProperties'"),
            Map.entry("propertyNames", "use 'properties' or 'additionalProperties'"),
            Map.entry("minProperties", "use 'required'"),
            Map.entry("maxProperties", "use 'properties' with 'additionalProperties': false"),
            Map.entry("dependencies", ENUMERATE),
            Map.entry("dependentRequired", ENUMERATE),
            Map.entry("dependentSchemas", ENUMERATE),
            Map.entry("if", ENUMERATE),
            Map.entry("then", ENUMERATE),
            Map.entry("else", ENUMERATE),
            Map.entry("not", "say what is allowed with 'enum', 'type' or 'pattern'"),
            Map.entry("nullable", "use a list of types, such as ['string', 'null']"),
            Map.entry("discriminator", "use 'anyOf' with a 'const' property in each branch"),
            Map.entry("contentEncoding", "use 'pattern'"),
            Map.entry("contentSchema", "use an object in place of the string"),
            Map.entry("id", "use '$id' at the root"),
            Map.entry("$anchor", "use a JSON pointer in '$ref'"),
            Map.entry("$dynamicRef", "use '$ref'"),
            Map.entry("$recursiveRef", "use '$ref'"),
            Map.entry("$dynamicAnchor", "use a JSON pointer in '$ref'"),
            Map.entry("$recursiveAnchor", "use a JSON pointer in '$ref'"),
            Map.entry("$vocabulary", "leave it out"));

    private static final List<String> READ =
            Stream.concat(GENERAL.stream(), LIMITS.keySet().stream()).sorted().toList();

    private Keywords() {}

    /**
     * @return the kind of values that the keyword limits, or null where it concerns any
     * @throws io.promptmill.udf.error.ConfigException where it is not supported
     */
    static JsonType limited(String pointer, String keyword) {
        JsonType type = LIMITS.get(keyword);
        boolean known = type != null
                || GENERAL.contains(keyword)
                || ANNOTATIONS.contains(keyword)
                || keyword.equals("$id") && pointer.equals(Pointers.ROOT);
        if (!known) {
            throw Pointers.problem(pointer, "keyword '" + keyword + "' is not supported; " + remedy(keyword));
        }
        return type;
    }

    private static String remedy(String keyword) {
        if (keyword.equals("$id")) {
            return "only the root may have it: leave it out here";
        }
        String advice = ADVICE.get(keyword);
        return advice != null
                ? advice
                : NearestName.hint(keyword, READ) + "Supported are " + String.join(", ", READ) + ", and annotations";
    }
}
