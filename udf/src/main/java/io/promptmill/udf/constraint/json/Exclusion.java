package io.promptmill.udf.constraint.json;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.constraint.json.Expansion.Purpose;
import io.promptmill.udf.constraint.json.Expansion.Result;
import io.promptmill.udf.error.ConfigException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Takes from the shapes of one branch of {@code oneOf} what is valid under another: scalars by themselves, objects and arrays
 * only where all of them are seen to be different. For one thread.
 */
final class Exclusion {
    /** Objects and arrays inside of one another that are looked into. */
    private static final int MAXIMUM_DEPTH = 8;
    /** Pairs of shapes that are compared for one question. */
    private static final int MAXIMUM_PAIRS = 10_000;

    /** Numbers of an enumeration that are left out of a range. */
    private static final int MAXIMUM_NUMBERS = 200;

    /** Which branch is to be told from which. */
    record Place(String branch, String other) {
        ConfigException problem(String kind) {
            return Pointers.problem(
                    branch,
                    "this alternative of oneOf and " + other + " have " + kind
                            + " that cannot be told apart. Use 'anyOf', or give"
                            + " each a required property with another 'const'");
        }
    }

    private final Expansion expansion;
    private int pairs;

    Exclusion(Expansion expansion) {
        this.expansion = expansion;
    }

    /**
     * @param pointers of the schemas of which the shapes are made, closed under references
     * @throws ConfigException where objects or arrays cannot be told apart
     */
    List<Shape> without(List<Shape> shapes, List<Shape> excluded, Set<String> pointers, Place place) {
        List<Shape> left = new ArrayList<>();
        for (Shape shape : shapes) {
            // Values are chosen one by one, under oneOf as under all other keywords.
            Shape rest = shape;
            for (Shape other : shape.values() != null ? List.<Shape>of() : excluded) {
                rest = other.values() != null
                        ? withoutValues(rest, other.values(), pointers, place)
                        : without(rest, other, place);
            }
            if (!rest.isEmpty()) {
                left.add(rest);
            }
        }
        return left;
    }

    private Shape withoutValues(Shape shape, List<JsonNode> values, Set<String> pointers, Place place) {
        Shape rest = shape;
        List<String> texts = new ArrayList<>();
        List<BigDecimal> numbers = new ArrayList<>();
        for (JsonNode value : values) {
            JsonType type = JsonType.of(value);
            if (!rest.types().contains(type)) {
                continue;
            }
            switch (type) {
                case NULL -> rest = rest.without(type);
                case BOOLEAN -> rest = rest.withBooleans(minus(rest.booleans(), Set.of(value.booleanValue())));
                case NUMBER -> numbers.add(value.decimalValue());
                case STRING -> texts.add(value.textValue());
                default -> {
                    if (expansion.acceptThemselves(pointers, value)) {
                        throw place.problem("values");
                    }
                }
            }
        }
        if (numbers.size() > MAXIMUM_NUMBERS) {
            throw place.problem("more than " + MAXIMUM_NUMBERS + " single numbers");
        }
        rest = numbers.isEmpty() ? rest : rest.withNumbers(rest.numbers().without(numbers));
        return texts.isEmpty() ? rest : rest.withStrings(rest.strings().without(texts));
    }

    private Shape without(Shape shape, Shape other, Place place) {
        Shape rest = shape;
        for (JsonType type : JsonType.values()) {
            if (!rest.types().contains(type) || !other.types().contains(type)) {
                continue;
            }
            pairs = 0;
            switch (type) {
                case NULL -> rest = rest.without(type);
                case BOOLEAN -> rest = rest.withBooleans(minus(rest.booleans(), other.booleans()));
                case NUMBER -> rest = rest.withNumbers(rest.numbers().without(other.numbers()));
                case STRING -> rest = rest.withStrings(rest.strings().without(other.strings()));
                case ARRAY -> refuseUnless(() -> differ(shape.arrays(), other.arrays(), 0), "arrays", place);
                case OBJECT -> refuseUnless(() -> differ(shape.objects(), other.objects(), 0), "objects", place);
            }
        }
        return rest;
    }

    private static void refuseUnless(Supplier<Boolean> differ, String kind, Place place) {
        if (!differ.get()) {
            throw place.problem(kind);
        }
    }

    private static Set<Boolean> minus(Set<Boolean> from, Set<Boolean> what) {
        Set<Boolean> rest = new HashSet<>(from);
        rest.removeAll(what);
        return rest;
    }

    private boolean differ(ArrayShape written, ArrayShape other, int depth) {
        if (written.least() > other.most() || other.least() > written.most()) {
            return true;
        }
        int both = Math.max(written.least(), other.least());
        int looked =
                Math.min(both, Math.max(written.prefix().size(), other.prefix().size()) + 1);
        for (int i = 0; i < looked; i++) {
            if (differ(written.at(i), other.at(i), depth)) {
                return true;
            }
        }
        return false;
    }

    private boolean differ(ObjectShape written, ObjectShape other, int depth) {
        for (String name : other.required()) {
            if (!written.writes(name)) {
                return true;
            }
        }
        for (String name : written.required()) {
            if (differ(written.at(name), other.at(name), depth)) {
                return true;
            }
        }
        for (String name : other.required()) {
            if (!written.required().contains(name) && neverWritten(written.at(name))) {
                return true;
            }
        }
        return false;
    }

    private boolean neverWritten(Conjunction conjunction) {
        return !conjunction.isAny()
                && expansion
                        .of(conjunction, Purpose.WRITE)
                        .map(result -> result.shapes().isEmpty())
                        .orElse(false);
    }

    /** True where no value that is written under one is valid under the other. */
    private boolean differ(Conjunction written, Conjunction other, int depth) {
        if (depth > MAXIMUM_DEPTH || written.isAny() && other.isAny()) {
            return false;
        }
        Optional<Result> ours = expansion.of(written, Purpose.WRITE);
        Optional<Result> theirs = expansion.of(other, Purpose.EXCLUDE);
        if (ours.isEmpty() || theirs.isEmpty()) {
            return false;
        }
        for (Shape our : ours.get().shapes()) {
            for (Shape their : theirs.get().shapes()) {
                if (++pairs > MAXIMUM_PAIRS || !differ(our, written, their, other, depth + 1)) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean differ(Shape our, Conjunction written, Shape their, Conjunction other, int depth) {
        if (our.values() != null) {
            return our.values().stream().noneMatch(value -> expansion.accepts(other.pointers(), value));
        }
        if (their.values() != null) {
            return their.values().stream().noneMatch(value -> expansion.accepts(written.pointers(), value));
        }
        return our.types().stream().filter(their.types()::contains).allMatch(type -> switch (type) {
            case NULL -> false;
            case BOOLEAN ->
                minus(our.booleans(), their.booleans()).size() == our.booleans().size();
            case NUMBER -> our.numbers().and(their.numbers()).isEmpty();
            case STRING -> our.strings().and(their.strings()).isEmpty();
            case ARRAY -> differ(our.arrays(), their.arrays(), depth);
            case OBJECT -> differ(our.objects(), their.objects(), depth);
        });
    }
}
