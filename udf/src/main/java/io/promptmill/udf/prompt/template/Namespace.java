package io.promptmill.udf.prompt.template;

import java.util.LinkedHashMap;
import java.util.Map;

/** A mapping whose entries {@code {% set name.entry = ... %}} can change from within a loop. */
final class Namespace extends LinkedHashMap<Object, Object> {
    private static final long serialVersionUID = 1L;

    Namespace(Map<Object, Object> entries) {
        super(entries);
    }
}
