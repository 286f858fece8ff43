package io.promptmill.udf.prompt.template;

import java.util.List;
import java.util.Map;

/** What a filter, test, function, macro or method is called with. */
record Arguments(List<Object> positional, Map<String, Object> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());

    int count() {
        return positional.size();
    }

    boolean has(int index, String name) {
        return index < positional.size() || named.containsKey(name);
    }

    /** The argument at {@code index} or of that name, or {@code fallback}. */
    Object get(int index, String name, Object fallback) {
        if (index < positional.size()) {
            return positional.get(index);
        }
        return named.getOrDefault(name, fallback);
    }

    /** The text at {@code index} or of that name. */
    String text(int index, String name) {
        Object value = get(index, name, new Undefined(name));
        if (value instanceof String text) {
            return text;
        }
        throw new TemplateFailure("argument '" + name + "' is " + PythonValues.typeName(value) + "; expected a string");
    }

    /** The integer at {@code index} or of that name, within the range of an {@code int}. */
    int integer(int index, String name, int fallback) {
        Object value = get(index, name, (long) fallback);
        if (value instanceof Long number && number == number.intValue()) {
            return number.intValue();
        }
        throw new TemplateFailure(
                "argument '" + name + "' is " + PythonValues.typeName(value) + "; expected an integer");
    }
}
