package io.promptmill.udf.constraint.json;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.constraint.json.Schema.Alternatives;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Turns schemas that apply together into shapes, of which a value has one: {@code $ref} and {@code allOf} are merged,
 * {@code anyOf} and {@code oneOf} multiplied out. What is inside of objects and arrays stays as it is. For one thread.
 */
final class Expansion {
    /** Shapes over all. */
    private static final int MAXIMUM_SHAPES = 20_000;

    /** What the shapes are for. */
    enum Purpose {
        /** To be written: every value of a shape is valid, but not every valid value need have one. */
        WRITE,
        /** To tell alternatives apart: every valid value has a shape. */
        EXCLUDE
    }

    /**
     * @param reason why there are no shapes, or fewer; null where nothing was left out
     */
    record Result(List<Shape> shapes, Reason reason) {}

    private final Schemas schemas;
    private final References references;
    private final Evaluator evaluator;
    private final Exclusion exclusion = new Exclusion(this);
    private final Map<Purpose, Map<Conjunction, Optional<Result>>> known =
            Map.of(Purpose.WRITE, new HashMap<>(), Purpose.EXCLUDE, new HashMap<>());
    private int shapes;

    Expansion(Schemas schemas) {
        this.schemas = schemas;
        references = new References(schemas);
        evaluator = new Evaluator(schemas);
    }

    /** Empty where that is just being found out: the question leads back to itself. */
    Optional<Result> of(Conjunction conjunction, Purpose purpose) {
        Map<Conjunction, Optional<Result>> results = known.get(purpose);
        Optional<Result> result = results.get(conjunction);
        if (result == null) {
            results.put(conjunction, Optional.empty());
            result = Optional.of(expand(references.closure(conjunction.pointers()), Set.of(), purpose));
            results.put(conjunction, result);
        }
        return result;
    }

    boolean accepts(Set<String> pointers, JsonNode value) {
        references.closure(pointers);
        return evaluator.accepts(pointers, value);
    }

    /** As far as the schemas say it themselves: those that they refer to for the same value are not looked at. */
    boolean acceptThemselves(Set<String> pointers, JsonNode value) {
        return pointers.stream().allMatch(pointer -> evaluator.acceptsItself(schemas.at(pointer), value));
    }

    /**
     * @param pointers closed under references
     * @param settled alternatives of which a branch is among the pointers
     */
    private Result expand(Set<String> pointers, Set<String> settled, Purpose purpose) {
        Shape merged = merged(pointers, purpose);
        if (merged.isEmpty()) {
            return new Result(List.of(), merged.reason());
        }
        Optional<Alternatives> next = merged.values() != null
                ? Optional.empty()
                : pointers.stream()
                        .flatMap(pointer -> schemas.at(pointer).alternatives().stream())
                        .filter(alternatives -> !settled.contains(alternatives.pointer()))
                        .findFirst();
        if (next.isPresent()) {
            return branches(pointers, settled, next.get(), purpose);
        }
        if (++shapes > MAXIMUM_SHAPES) {
            throw Pointers.problem(
                    merged.place(),
                    "allOf, anyOf and oneOf have more than " + MAXIMUM_SHAPES + " combinations; use fewer");
        }
        return new Result(List.of(purpose == Purpose.WRITE ? merged.meant() : merged), merged.reason());
    }

    private Result branches(Set<String> pointers, Set<String> settled, Alternatives alternatives, Purpose purpose) {
        Set<String> nowSettled = new HashSet<>(settled);
        nowSettled.add(alternatives.pointer());
        List<String> names = alternatives.branches();
        List<Shape> all = new ArrayList<>();
        Map<String, List<Shape>> others = new HashMap<>();
        Reason reason = null;
        for (String branch : names) {
            Result result = expand(with(pointers, branch), nowSettled, purpose);
            reason = reason != null ? reason : result.reason();
            List<Shape> left = result.shapes();
            boolean apart = alternatives.exactlyOne() && purpose == Purpose.WRITE;
            for (String other : apart ? names : List.<String>of()) {
                if (!other.equals(branch) && !left.isEmpty()) {
                    List<Shape> excluded = others.computeIfAbsent(
                            other,
                            name -> expand(with(pointers, name), nowSettled, Purpose.EXCLUDE)
                                    .shapes());
                    left = exclusion.without(
                            left, excluded, with(pointers, branch), new Exclusion.Place(branch, other));
                }
            }
            if (left.isEmpty() && reason == null) {
                reason = new Reason(
                        alternatives.pointer(),
                        "whatever is valid under one alternative is valid under another too." + " Use 'anyOf'");
            }
            all.addAll(left);
        }
        return new Result(List.copyOf(all), reason);
    }

    private Set<String> with(Set<String> pointers, String branch) {
        Set<String> all = new LinkedHashSet<>(pointers);
        all.addAll(references.closure(List.of(branch)));
        return all;
    }

    private Shape merged(Set<String> pointers, Purpose purpose) {
        Shape merged = null;
        Map<Object, JsonNode> values = null;
        for (String pointer : pointers) {
            Schema schema = schemas.at(pointer);
            merged = merged == null ? schema.shape() : merged.and(schema.shape());
            values = values == null ? schema.values() : values;
        }
        if (merged == null) {
            return Shape.any(Pointers.ROOT);
        }
        Shape declared = merged.withContainers(merged.arrays(), merged.objects().declared());
        if (values == null) {
            return declared;
        }
        return declared.withValues(values.values().stream()
                .filter(value -> accepts(pointers, value, purpose))
                .toList());
    }

    /** To be written, a value must be valid under all alternatives too; to be excluded, those of the branch suffice. */
    private boolean accepts(Set<String> pointers, JsonNode value, Purpose purpose) {
        return purpose == Purpose.WRITE ? evaluator.accepts(pointers, value) : acceptThemselves(pointers, value);
    }
}
