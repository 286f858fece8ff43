package io.promptmill.udf.constraint;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Rules by name, one of which describes whole texts. Rules may refer to one another, recursively too.
 *
 * @param origin names the user's text that it was made of, for messages: {@code grammar}, {@code json_schema}, ...
 * @param rules in the order of the user's text
 * @param root name of the rule for whole texts
 */
public record Grammar(String origin, Map<String, Expression> rules, String root) {
    public Grammar {
        rules = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(rules));
    }

    /** A grammar of one rule. */
    public static Grammar of(String origin, Expression expression) {
        return new Grammar(origin, Map.of("root", expression), "root");
    }
}
