package io.promptmill.udf.constraint.json;

import io.promptmill.udf.constraint.Expression;
import java.util.ArrayList;
import java.util.List;

/**
 * A set of arrays.
 *
 * @param prefix schemas of the first items
 * @param items schema of the others
 * @param least items
 * @param most items
 */
record ArrayShape(List<Conjunction> prefix, Conjunction items, int least, int most) {
    /** Most schemas of first items. */
    private static final int MAXIMUM_PREFIX = 256;

    static final ArrayShape ANY = new ArrayShape(List.of(), Conjunction.ANY, 0, Expression.UNBOUNDED);

    static ArrayShape read(Fields fields) {
        if (fields.has("items") && fields.node().get("items").isArray()) {
            throw fields.problem("'items' is an array, as in older drafts; rename it to 'prefixItems'");
        }
        List<Conjunction> prefix =
                fields.schemas("prefixItems").stream().map(Conjunction::of).toList();
        if (prefix.size() > MAXIMUM_PREFIX) {
            throw fields.problem("'prefixItems' has " + prefix.size() + " schemas; expected at most " + MAXIMUM_PREFIX
                    + ". Use 'items'");
        }
        return new ArrayShape(
                prefix,
                fields.has("items") ? Conjunction.of(fields.schema("items")) : Conjunction.ANY,
                fields.count("minItems", 0),
                fields.count("maxItems", Expression.UNBOUNDED));
    }

    Conjunction at(int index) {
        return index < prefix.size() ? prefix.get(index) : items;
    }

    ArrayShape and(ArrayShape other) {
        List<Conjunction> both = new ArrayList<>();
        for (int i = 0; i < Math.max(prefix.size(), other.prefix.size()); i++) {
            both.add(at(i).and(other.at(i)));
        }
        return new ArrayShape(
                List.copyOf(both), items.and(other.items), Math.max(least, other.least), Math.min(most, other.most));
    }

    boolean isEmpty() {
        return least > most;
    }

    String problem() {
        return "minItems " + least + " is above maxItems " + most + ". Change one of them";
    }
}
