package io.promptmill.udf.constraint.json;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A set of objects.
 *
 * @param properties schemas by name, in the order in which they are written
 * @param additional schema of the others
 * @param closed true where others are allowed, but never written: {@code additionalProperties} is absent beside
 *     {@code properties}
 * @param shut true where others are forbidden outright
 */
record ObjectShape(
        Map<String, Conjunction> properties,
        Set<String> required,
        Conjunction additional,
        boolean closed,
        boolean shut) {
    static final ObjectShape ANY = new ObjectShape(Map.of(), Set.of(), Conjunction.ANY, false, false);

    static ObjectShape read(Fields fields) {
        Map<String, Conjunction> properties = new LinkedHashMap<>();
        fields.namedSchemas("properties").forEach((name, schema) -> properties.put(name, Conjunction.of(schema)));
        boolean additional = fields.has("additionalProperties");
        return new ObjectShape(
                properties,
                new LinkedHashSet<>(fields.names("required")),
                additional ? Conjunction.of(fields.schema("additionalProperties")) : Conjunction.ANY,
                fields.has("properties") && !additional,
                additional
                        && fields.node().get("additionalProperties").isBoolean()
                        && !fields.node().get("additionalProperties").booleanValue());
    }

    Conjunction at(String name) {
        return properties.getOrDefault(name, additional);
    }

    /** True where a property of that name may be written. */
    boolean writes(String name) {
        return properties.containsKey(name) || required.contains(name) || !closed && !shut;
    }

    ObjectShape and(ObjectShape other) {
        Map<String, Conjunction> both = new LinkedHashMap<>();
        properties.forEach((name, schema) -> both.put(name, schema.and(other.at(name))));
        other.properties.forEach((name, schema) -> both.putIfAbsent(name, additional.and(schema)));
        Set<String> needed = new LinkedHashSet<>(required);
        needed.addAll(other.required);
        return new ObjectShape(
                both, needed, additional.and(other.additional), closed || other.closed, shut || other.shut);
    }

    /** The same objects, with every required property among the properties. */
    ObjectShape declared() {
        Map<String, Conjunction> all = new LinkedHashMap<>(properties);
        required.forEach(name -> all.putIfAbsent(name, additional));
        return new ObjectShape(all, required, additional, closed, shut);
    }

    /** A name that is required, but must not be there. */
    private Optional<String> impossible() {
        return required.stream()
                .filter(name -> shut && !properties.containsKey(name))
                .findFirst();
    }

    boolean isEmpty() {
        return impossible().isPresent();
    }

    String problem() {
        return "required property '" + impossible().orElseThrow()
                + "' is not among the properties, and additionalProperties is false. Declare it, or do not require it";
    }
}
