package io.promptmill.udf.constraint.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A set of JSON values: for each kind a set of its own. Immutable.
 *
 * @param place of the schema that it began with, for messages
 * @param types kinds of values in the set
 * @param mentioned kinds that keywords limit, whether or not their schema names a type
 * @param values where not null, the values themselves; the rest then only bounds them
 * @param reason why a kind was emptied; null where none was
 */
record Shape(
        String place,
        Set<JsonType> types,
        Set<JsonType> mentioned,
        Set<Boolean> booleans,
        NumberRange numbers,
        StringSet strings,
        ArrayShape arrays,
        ObjectShape objects,
        List<JsonNode> values,
        Reason reason) {

    static Shape any(String place) {
        return new Shape(
                place,
                EnumSet.allOf(JsonType.class),
                EnumSet.noneOf(JsonType.class),
                Set.of(false, true),
                NumberRange.ANY,
                StringSet.ANY,
                ArrayShape.ANY,
                ObjectShape.ANY,
                null,
                null);
    }

    static Shape nothing(String place, String reason) {
        Shape any = any(place);
        return any.withTypes(EnumSet.noneOf(JsonType.class), new Reason(place, reason));
    }

    boolean isEmpty() {
        return values == null ? types.isEmpty() : values.isEmpty();
    }

    Shape and(Shape other) {
        EnumSet<JsonType> both = copy(types);
        both.retainAll(other.types);
        EnumSet<JsonType> either = copy(mentioned);
        either.addAll(other.mentioned);
        boolean clash = both.isEmpty() && !types.isEmpty() && !other.types.isEmpty();
        Reason first = reason != null ? reason : other.reason;
        return new Shape(
                        place,
                        both,
                        either,
                        booleans,
                        numbers.and(other.numbers),
                        strings.and(other.strings),
                        arrays.and(other.arrays),
                        objects.and(other.objects),
                        null,
                        first == null && clash
                                ? new Reason(place, "the types of the schemas that apply here exclude each other")
                                : first)
                .checked();
    }

    /** Without the kinds of which no value is left. */
    private Shape checked() {
        Shape shape = emptied(JsonType.BOOLEAN, booleans.isEmpty(), () -> "neither true nor false is left");
        shape = shape.emptied(JsonType.NUMBER, numbers.isEmpty(), numbers::problem);
        shape = shape.emptied(JsonType.STRING, strings.isEmpty(), strings::problem);
        shape = shape.emptied(JsonType.ARRAY, arrays.isEmpty(), arrays::problem);
        return shape.emptied(JsonType.OBJECT, objects.isEmpty(), objects::problem);
    }

    private Shape emptied(JsonType type, boolean empty, Supplier<String> why) {
        return empty && types.contains(type) ? without(type).withReason(new Reason(place, why.get())) : this;
    }

    Shape without(JsonType type) {
        EnumSet<JsonType> others = copy(types);
        others.remove(type);
        return withTypes(others, reason);
    }

    Shape withReason(Reason other) {
        return withTypes(types, reason != null ? reason : other);
    }

    /** Where no type is named, the kinds of which the keywords speak: {@code properties} mean an object. */
    Shape meant() {
        return types.size() == JsonType.values().length && !mentioned.isEmpty() ? withTypes(mentioned, reason) : this;
    }

    Shape withTypes(Collection<JsonType> others, Reason why) {
        return new Shape(place, copy(others), mentioned, booleans, numbers, strings, arrays, objects, values, why);
    }

    Shape withBooleans(Set<Boolean> others) {
        return new Shape(place, types, mentioned, others, numbers, strings, arrays, objects, values, reason).checked();
    }

    Shape withNumbers(NumberRange others) {
        return new Shape(place, types, mentioned, booleans, others, strings, arrays, objects, values, reason).checked();
    }

    Shape withStrings(StringSet others) {
        return new Shape(place, types, mentioned, booleans, numbers, others, arrays, objects, values, reason).checked();
    }

    Shape withMentioned(Set<JsonType> others) {
        return new Shape(place, types, others, booleans, numbers, strings, arrays, objects, values, reason);
    }

    Shape withContainers(ArrayShape otherArrays, ObjectShape otherObjects) {
        return new Shape(place, types, mentioned, booleans, numbers, strings, otherArrays, otherObjects, values, reason)
                .checked();
    }

    Shape withValues(List<JsonNode> others) {
        Reason why = others.isEmpty()
                ? new Reason(place, "none of the values of 'enum' and 'const' satisfies the other keywords")
                : reason;
        return new Shape(
                place, types, mentioned, booleans, numbers, strings, arrays, objects, List.copyOf(others), why);
    }

    private static EnumSet<JsonType> copy(Collection<JsonType> types) {
        EnumSet<JsonType> copy = EnumSet.noneOf(JsonType.class);
        copy.addAll(types);
        return copy;
    }
}
