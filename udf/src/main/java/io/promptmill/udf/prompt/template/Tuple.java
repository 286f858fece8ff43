package io.promptmill.udf.prompt.template;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** A list that is written in parentheses, as Python writes the entries of a mapping. */
final class Tuple extends ArrayList<Object> {
    private static final long serialVersionUID = 1L;

    Tuple(Collection<?> elements) {
        super(elements);
    }

    static Tuple pair(Object first, Object second) {
        Tuple pair = new Tuple(List.of());
        pair.add(first);
        pair.add(second);
        return pair;
    }
}
