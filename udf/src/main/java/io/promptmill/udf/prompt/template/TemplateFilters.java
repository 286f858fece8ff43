package io.promptmill.udf.prompt.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The filters of Jinja that prompts use, after https://jinja.palletsprojects.com/en/stable/templates/#builtin-filters. */
final class TemplateFilters {
    static final Map<String, TemplateFilter> BY_NAME = table();

    private TemplateFilters() {}

    private static Map<String, TemplateFilter> table() {
        Map<String, TemplateFilter> filters = new HashMap<>();
        text(filters);
        sequences(filters);
        numbers(filters);
        filters.put("tojson", (value, arguments, interpreter) -> toJson(value, arguments, interpreter.budget()));
        filters.put("default", TemplateFilters::orDefault);
        filters.put("d", TemplateFilters::orDefault);
        filters.put("safe", (value, arguments, interpreter) -> value);
        return Map.copyOf(filters);
    }

    private static void text(Map<String, TemplateFilter> filters) {
        filters.put("trim", (value, arguments, interpreter) -> {
            Object characters = arguments.get(0, "chars", null);
            return PythonMethods.strip(
                    string(value, interpreter), characters == null ? null : arguments.text(0, "chars"), true, true);
        });
        filters.put("string", (value, arguments, interpreter) -> PythonText.of(value, interpreter.budget()));
        filters.put(
                "upper",
                (value, arguments, interpreter) -> string(value, interpreter).toUpperCase(Locale.ROOT));
        filters.put(
                "lower",
                (value, arguments, interpreter) -> string(value, interpreter).toLowerCase(Locale.ROOT));
        filters.put(
                "capitalize", (value, arguments, interpreter) -> PythonMethods.capitalize(string(value, interpreter)));
        filters.put("title", (value, arguments, interpreter) -> PythonMethods.title(string(value, interpreter)));
        filters.put(
                "replace",
                (value, arguments, interpreter) -> PythonMethods.replace(
                        string(value, interpreter),
                        arguments.text(0, "old"),
                        arguments.text(1, "new"),
                        arguments.integer(2, "count", -1),
                        interpreter.budget()));
        filters.put("indent", TemplateFilters::indent);
        TemplateFilter escape = (value, arguments, interpreter) -> escape(string(value, interpreter), interpreter);
        filters.put("e", escape);
        filters.put("escape", escape);
        filters.put(
                "wordcount", (value, arguments, interpreter) -> (long)
                        ((List<?>) PythonMethods.call(string(value, interpreter), "split", Arguments.NONE, interpreter))
                                .size());
        filters.put("truncate", TemplateFilters::truncate);
    }

    private static void sequences(Map<String, TemplateFilter> filters) {
        TemplateFilter length = (value, arguments, interpreter) -> length(value, interpreter.budget());
        filters.put("length", length);
        filters.put("count", length);
        filters.put("list", (value, arguments, interpreter) -> copy(value, interpreter));
        filters.put("first", (value, arguments, interpreter) -> {
            List<Object> elements = copy(value, interpreter);
            return elements.isEmpty() ? new Undefined("first element") : elements.get(0);
        });
        filters.put("last", (value, arguments, interpreter) -> {
            List<Object> elements = copy(value, interpreter);
            return elements.isEmpty() ? new Undefined("last element") : elements.get(elements.size() - 1);
        });
        filters.put("reverse", (value, arguments, interpreter) -> {
            if (value instanceof String text) {
                interpreter.budget().charge(text.length());
                return new StringBuilder(text).reverse().toString();
            }
            List<Object> elements = copy(value, interpreter);
            Collections.reverse(elements);
            return elements;
        });
        filters.put("join", (value, arguments, interpreter) -> {
            Object attribute = arguments.get(1, "attribute", null);
            Object elements = attribute == null ? value : mapped(value, attribute, interpreter);
            return PythonMethods.join(
                    PythonText.of(arguments.get(0, "d", ""), interpreter.budget()), elements, interpreter.budget());
        });
        filters.put(
                "items",
                (value, arguments, interpreter) -> value instanceof Undefined
                        ? new ArrayList<>()
                        : PythonMethods.call(value, "items", Arguments.NONE, interpreter));
        filters.put("dictsort", (value, arguments, interpreter) -> {
            Object items = PythonMethods.call(value, "items", Arguments.NONE, interpreter);
            return sorted(items, 0L, false, false, interpreter);
        });
        filters.put(
                "sort",
                (value, arguments, interpreter) -> sorted(
                        value,
                        arguments.get(2, "attribute", null),
                        PythonValues.isTrue(arguments.get(0, "reverse", false)),
                        PythonValues.isTrue(arguments.get(1, "case_sensitive", false)),
                        interpreter));
        filters.put("unique", TemplateFilters::unique);
        filters.put("map", TemplateFilters::map);
        filters.put("select", (value, arguments, interpreter) -> chosen(value, arguments, interpreter, true, false));
        filters.put("reject", (value, arguments, interpreter) -> chosen(value, arguments, interpreter, false, false));
        filters.put("selectattr", (value, arguments, interpreter) -> chosen(value, arguments, interpreter, true, true));
        filters.put(
                "rejectattr", (value, arguments, interpreter) -> chosen(value, arguments, interpreter, false, true));
    }

    private static void numbers(Map<String, TemplateFilter> filters) {
        filters.put("int", (value, arguments, interpreter) -> {
            if (value instanceof Double number) {
                return (long) (double) number;
            }
            if (PythonValues.isNumber(value)) {
                return PythonValues.toLong(value);
            }
            return parsed(value, arguments.get(0, "default", 0L), true);
        });
        filters.put(
                "float",
                (value, arguments, interpreter) -> PythonValues.isNumber(value)
                        ? (Object) PythonValues.toDouble(value)
                        : parsed(value, arguments.get(0, "default", 0.0), false));
        filters.put(
                "abs",
                (value, arguments, interpreter) -> value instanceof Double number
                        ? (Object) Math.abs(number)
                        : (Object) Math.absExact(whole(value)));
        filters.put("round", (value, arguments, interpreter) -> {
            if (!PythonValues.isNumber(value)) {
                throw new TemplateFailure("round of " + PythonValues.typeName(value) + "; expected a number");
            }
            double scale = Math.pow(10, arguments.integer(0, "precision", 0));
            return Math.rint(PythonValues.toDouble(value) * scale) / scale;
        });
        filters.put("min", (value, arguments, interpreter) -> extreme(value, -1, interpreter));
        filters.put("max", (value, arguments, interpreter) -> extreme(value, 1, interpreter));
        filters.put("sum", (value, arguments, interpreter) -> {
            Object total = arguments.get(1, "start", 0L);
            Object attribute = arguments.get(0, "attribute", null);
            Object elements = attribute == null ? value : mapped(value, attribute, interpreter);
            for (Object element : PythonValues.elements(elements, interpreter.budget())) {
                total = PythonOperator.ADD.apply(total, element, interpreter.budget());
            }
            return total;
        });
    }

    private static String string(Object value, TemplateInterpreter interpreter) {
        String text = PythonText.of(value, interpreter.budget());
        interpreter.budget().charge(text.length());
        return text;
    }

    private static long whole(Object value) {
        if (PythonValues.isNumber(value)) {
            return PythonValues.toLong(value);
        }
        throw new TemplateFailure("a number was expected, found " + PythonValues.typeName(value));
    }

    private static Object toJson(Object value, Arguments arguments, RenderBudget budget) {
        Object indent = arguments.get(99, "indent", null);
        if (indent == null && arguments.count() > 0 && arguments.positional().get(0) instanceof Long number) {
            indent = number;
        }
        int width = indent instanceof Long number ? (int) Math.max(0, Math.min(16, number)) : -1;
        return PythonText.json(value, width, budget);
    }

    private static Object orDefault(Object value, Arguments arguments, TemplateInterpreter interpreter) {
        boolean orFalse = PythonValues.isTrue(arguments.get(1, "boolean", false));
        boolean missing = value instanceof Undefined || orFalse && !PythonValues.isTrue(value);
        return missing ? arguments.get(0, "default_value", "") : value;
    }

    private static Object indent(Object value, Arguments arguments, TemplateInterpreter interpreter) {
        Object width = arguments.get(0, "width", 4L);
        String margin = width instanceof String text
                ? text
                : " ".repeat(Math.max(0, Math.min(64, arguments.integer(0, "width", 4))));
        boolean first = PythonValues.isTrue(arguments.get(1, "first", false));
        boolean blank = PythonValues.isTrue(arguments.get(2, "blank", false));
        String[] lines = string(value, interpreter).split("\n", -1);
        interpreter.budget().charge((long) lines.length * (margin.length() + 1));
        for (int i = 0; i < lines.length; i++) {
            boolean isFirst = i == 0;
            if (isFirst ? first : blank || !lines[i].isEmpty()) {
                lines[i] = margin + lines[i];
            }
        }
        return String.join("\n", Arrays.asList(lines));
    }

    private static String escape(String text, TemplateInterpreter interpreter) {
        interpreter.budget().charge(6L * text.length());
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("'", "&#39;")
                .replace("\"", "&#34;");
    }

    /** Cuts at a word unless {@code killwords}; texts within the length plus the leeway of 5 stay whole. */
    private static Object truncate(Object value, Arguments arguments, TemplateInterpreter interpreter) {
        String text = string(value, interpreter);
        int limit = arguments.integer(0, "length", 255);
        String end = PythonText.of(arguments.get(2, "end", "..."), interpreter.budget());
        int leeway = arguments.get(3, "leeway", null) == null ? 5 : arguments.integer(3, "leeway", 5);
        int length = text.codePointCount(0, text.length());
        if (length <= (long) limit + leeway) {
            return text;
        }
        int kept = limit - end.codePointCount(0, end.length());
        if (kept < 0) {
            throw new TemplateFailure("truncate to " + limit + " characters leaves no room for '" + end + "'");
        }
        String cut = text.substring(0, text.offsetByCodePoints(0, kept));
        int space = cut.lastIndexOf(' ');
        boolean wholeWords = !PythonValues.isTrue(arguments.get(1, "killwords", false)) && space >= 0;
        return (wholeWords ? cut.substring(0, space) : cut) + end;
    }

    private static long length(Object value, RenderBudget budget) {
        if (value instanceof String text) {
            budget.charge(text.length());
            return text.codePointCount(0, text.length());
        }
        if (value instanceof Map<?, ?> map) {
            return map.size();
        }
        if (value instanceof Undefined) {
            return 0;
        }
        if (value instanceof Collection<?> list) {
            return list.size();
        }
        throw new TemplateFailure("'" + PythonValues.typeName(value) + "' has no length");
    }

    private static List<Object> copy(Object value, TemplateInterpreter interpreter) {
        Collection<?> elements = PythonValues.elements(value, interpreter.budget());
        interpreter.budget().charge(8L * elements.size());
        return new ArrayList<>(elements);
    }

    /** {@code element.a.b} for {@code "a.b"}, {@code element[0]} for a number. */
    private static Object attribute(Object element, Object path) {
        if (!(path instanceof String text)) {
            return PythonValues.item(element, path);
        }
        Object value = element;
        for (String name : text.split("\\.")) {
            value = value instanceof Undefined ? value : PythonValues.item(value, name);
        }
        return value;
    }

    private static List<Object> mapped(Object value, Object attribute, TemplateInterpreter interpreter) {
        List<Object> elements = copy(value, interpreter);
        elements.replaceAll(element -> attribute(element, attribute));
        return elements;
    }

    private static Object map(Object value, Arguments arguments, TemplateInterpreter interpreter) {
        if (!PythonValues.isTrue(value)) {
            return new ArrayList<>();
        }
        if (arguments.named().containsKey("attribute")) {
            Object fallback = arguments.named().get("default");
            List<Object> elements = mapped(value, arguments.named().get("attribute"), interpreter);
            if (fallback != null) {
                elements.replaceAll(element -> element instanceof Undefined ? fallback : element);
            }
            return elements;
        }
        TemplateFilter filter = TemplateFilter.named(arguments.text(0, "filter"));
        Arguments rest = new Arguments(arguments.positional().subList(1, arguments.count()), arguments.named());
        List<Object> elements = copy(value, interpreter);
        elements.replaceAll(element -> {
            interpreter.budget().step();
            return filter.apply(element, rest, interpreter);
        });
        return elements;
    }

    private static Object chosen(
            Object value, Arguments arguments, TemplateInterpreter interpreter, boolean wanted, boolean byAttribute) {
        int testAt = byAttribute ? 1 : 0;
        TemplateTest test = arguments.count() > testAt ? TemplateTest.named(arguments.text(testAt, "test")) : null;
        List<Object> others = new ArrayList<>(arguments.positional());
        Arguments rest = new Arguments(others.subList(Math.min(testAt + 1, others.size()), others.size()), Map.of());
        List<Object> result = new ArrayList<>();
        for (Object element : PythonValues.isTrue(value) ? copy(value, interpreter) : List.of()) {
            interpreter.budget().step();
            Object subject = byAttribute ? attribute(element, arguments.get(0, "attribute", null)) : element;
            boolean holds =
                    test == null ? PythonValues.isTrue(subject) : test.holds(subject, rest, interpreter.budget());
            if (holds == wanted) {
                result.add(element);
            }
        }
        return result;
    }

    private static Object unique(Object value, Arguments arguments, TemplateInterpreter interpreter) {
        Map<Object, Object> seen = new LinkedHashMap<>();
        for (Object element : copy(value, interpreter)) {
            seen.putIfAbsent(PythonValues.key(folded(element, false)), element);
        }
        return new ArrayList<>(seen.values());
    }

    private static Object folded(Object value, boolean caseSensitive) {
        return value instanceof String text && !caseSensitive ? text.toLowerCase(Locale.ROOT) : value;
    }

    private static Object sorted(
            Object value, Object attribute, boolean reverse, boolean caseSensitive, TemplateInterpreter interpreter) {
        List<Object> elements = copy(value, interpreter);
        Comparator<Object> order = (a, b) -> {
            interpreter.budget().step();
            Object left = attribute == null ? a : attribute(a, attribute);
            Object right = attribute == null ? b : attribute(b, attribute);
            return PythonValues.compare(
                    folded(left, caseSensitive), folded(right, caseSensitive), interpreter.budget());
        };
        elements.sort(reverse ? order.reversed() : order);
        return elements;
    }

    private static Object extreme(Object value, int sign, TemplateInterpreter interpreter) {
        Object best = new Undefined("extreme of nothing");
        for (Object element : copy(value, interpreter)) {
            if (best instanceof Undefined
                    || Integer.signum(PythonValues.compare(element, best, interpreter.budget())) == sign) {
                best = element;
            }
        }
        return best;
    }

    private static Object parsed(Object value, Object fallback, boolean whole) {
        if (!(value instanceof String text) || text.length() > 40) {
            return fallback;
        }
        try {
            double number = Double.parseDouble(text.strip());
            return whole ? (Object) (long) number : (Object) number;
        } catch (NumberFormatException e) {
            return fallback;
        }
    }
}
