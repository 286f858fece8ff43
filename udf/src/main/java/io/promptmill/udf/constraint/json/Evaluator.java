package io.promptmill.udf.constraint.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;

/** Whether a value is valid under schemas; for the values of {@code enum} and {@code const}. For one thread. */
final class Evaluator {
    /** Visits of a schema with a value, over all. */
    private static final int MAXIMUM_VISITS = 5_000_000;

    private final Schemas schemas;
    private int visits;

    Evaluator(Schemas schemas) {
        this.schemas = schemas;
    }

    /** The schemas must not refer to one another in a circle without a step into the value. */
    boolean accepts(Collection<String> pointers, JsonNode value) {
        return pointers.stream().allMatch(pointer -> accepts(pointer, value));
    }

    private boolean accepts(String pointer, JsonNode value) {
        if (++visits > MAXIMUM_VISITS) {
            throw Pointers.problem(pointer, "too many combinations of values and schemas; use fewer alternatives");
        }
        Schema schema = schemas.at(pointer);
        if (!acceptsItself(schema, value) || !accepts(schema.all(), value)) {
            return false;
        }
        for (Schema.Alternatives alternatives : schema.alternatives()) {
            long valid = alternatives.branches().stream()
                    .filter(branch -> accepts(branch, value))
                    .limit(2)
                    .count();
            if (valid == 0 || valid > 1 && alternatives.exactlyOne()) {
                return false;
            }
        }
        return true;
    }

    /** Whether the value is valid under what a schema says without the schemas that it refers to for the same value. */
    boolean acceptsItself(Schema schema, JsonNode value) {
        return accepts(schema.shape(), value)
                && (schema.values() == null || schema.values().containsKey(Values.canonical(value)));
    }

    private boolean accepts(Shape shape, JsonNode value) {
        JsonType type = JsonType.of(value);
        if (!shape.types().contains(type)) {
            return false;
        }
        return switch (type) {
            case NULL -> true;
            case BOOLEAN -> shape.booleans().contains(value.booleanValue());
            case NUMBER -> shape.numbers().contains(value.decimalValue());
            case STRING -> shape.strings().contains(value.textValue());
            case ARRAY -> acceptsItems(shape.arrays(), value);
            case OBJECT -> acceptsProperties(shape.objects(), value);
        };
    }

    private boolean acceptsItems(ArrayShape arrays, JsonNode value) {
        for (int i = 0; i < value.size(); i++) {
            if (!accepts(arrays.at(i).pointers(), value.get(i))) {
                return false;
            }
        }
        return value.size() >= arrays.least() && value.size() <= arrays.most();
    }

    private boolean acceptsProperties(ObjectShape objects, JsonNode value) {
        for (Iterator<Map.Entry<String, JsonNode>> fields = value.fields(); fields.hasNext(); ) {
            Map.Entry<String, JsonNode> field = fields.next();
            if (!accepts(objects.at(field.getKey()).pointers(), field.getValue())) {
                return false;
            }
        }
        return objects.required().stream().allMatch(value::has);
    }
}
