package io.promptmill.udf.constraint.json;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Which schemas apply to the same value, by {@code $ref}, {@code allOf}, {@code anyOf} and {@code oneOf}. For one thread. */
final class References {
    /** Most schemas one behind the other. */
    private static final int MAXIMUM_CHAIN = 200;

    private final Schemas schemas;
    private final Set<String> sound = new HashSet<>();

    References(Schemas schemas) {
        this.schemas = schemas;
    }

    /** These schemas and all that apply with them whatever the value. */
    Set<String> closure(Collection<String> pointers) {
        pointers.forEach(pointer -> check(pointer, new LinkedHashSet<>()));
        Set<String> closure = new LinkedHashSet<>();
        pointers.forEach(pointer -> close(pointer, closure));
        return closure;
    }

    private void close(String pointer, Set<String> closure) {
        if (closure.add(pointer)) {
            schemas.at(pointer).all().forEach(other -> close(other, closure));
        }
    }

    private void check(String pointer, Set<String> way) {
        if (sound.contains(pointer)) {
            return;
        }
        if (!way.add(pointer)) {
            throw Pointers.problem(
                    pointer,
                    "refers to itself without a step into a property or an item, so that it says nothing. Remove"
                            + " the reference");
        }
        if (way.size() > MAXIMUM_CHAIN) {
            throw Pointers.problem(
                    pointer, "is behind a chain of more than " + MAXIMUM_CHAIN + " references; shorten it");
        }
        Schema schema = schemas.at(pointer);
        List<String> next = new ArrayList<>(schema.all());
        schema.alternatives().forEach(alternatives -> next.addAll(alternatives.branches()));
        next.forEach(other -> check(other, way));
        way.remove(pointer);
        sound.add(pointer);
    }
}
