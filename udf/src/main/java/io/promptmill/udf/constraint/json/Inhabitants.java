package io.promptmill.udf.constraint.json;

import io.promptmill.udf.constraint.json.Expansion.Purpose;
import io.promptmill.udf.constraint.json.Expansion.Result;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which schemas below a root have a value at all: the least fixed point, so that endless recursion has none. */
final class Inhabitants {
    private final Map<Conjunction, Result> results = new LinkedHashMap<>();
    private final Set<Conjunction> inhabited = new HashSet<>();

    Inhabitants(Expansion expansion, Conjunction root) {
        Deque<Conjunction> open = new ArrayDeque<>(List.of(root));
        while (!open.isEmpty()) {
            Conjunction conjunction = open.pop();
            if (!conjunction.isAny() && !results.containsKey(conjunction)) {
                Result result = expansion.of(conjunction, Purpose.WRITE).orElseThrow();
                results.put(conjunction, result);
                result.shapes().forEach(shape -> open.addAll(children(shape)));
            }
        }
        List<Conjunction> rest = new ArrayList<>(results.keySet());
        Collections.reverse(rest);
        while (rest.removeIf(
                conjunction -> shapes(conjunction).stream().anyMatch(this::has) && inhabited.add(conjunction))) {}
    }

    List<Shape> shapes(Conjunction conjunction) {
        return results.get(conjunction).shapes();
    }

    boolean has(Conjunction conjunction) {
        return conjunction.isAny() || inhabited.contains(conjunction);
    }

    private boolean has(Shape shape) {
        return shape.values() != null || shape.types().stream().anyMatch(type -> has(shape, type));
    }

    /** True where the shape has a value of that kind. */
    boolean has(Shape shape, JsonType type) {
        return shape.types().contains(type)
                && switch (type) {
                    case ARRAY -> missing(shape.arrays()) == null;
                    case OBJECT -> missing(shape.objects()) == null;
                    default -> true;
                };
    }

    /** An item that must be there but has no value, or null. */
    private Conjunction missing(ArrayShape arrays) {
        for (int i = 0; i < Math.min(arrays.least(), arrays.prefix().size() + 1); i++) {
            if (!has(arrays.at(i))) {
                return arrays.at(i);
            }
        }
        return null;
    }

    private Conjunction missing(ObjectShape objects) {
        return objects.required().stream()
                .map(objects::at)
                .filter(property -> !has(property))
                .findFirst()
                .orElse(null);
    }

    private static List<Conjunction> children(Shape shape) {
        List<Conjunction> children = new ArrayList<>();
        if (shape.values() != null) {
            return children;
        }
        if (shape.types().contains(JsonType.ARRAY)) {
            children.addAll(shape.arrays().prefix());
            children.add(shape.arrays().items());
        }
        if (shape.types().contains(JsonType.OBJECT)) {
            children.addAll(shape.objects().properties().values());
            children.add(shape.objects().additional());
        }
        return children;
    }

    /** Why a schema has no value: the innermost place at fault. */
    Reason reason(Conjunction empty) {
        Set<Conjunction> way = new HashSet<>();
        Conjunction at = empty;
        while (way.add(at)) {
            if (shapes(at).isEmpty()) {
                return results.get(at).reason();
            }
            Shape shape = shapes(at).get(0);
            Conjunction item = shape.types().contains(JsonType.ARRAY) ? missing(shape.arrays()) : null;
            at = item != null ? item : missing(shape.objects());
        }
        return new Reason(
                at.pointers().iterator().next(),
                "requires a value of its own kind inside of itself, without an end. Make a property on the way optional, or"
                        + " allow null");
    }
}
