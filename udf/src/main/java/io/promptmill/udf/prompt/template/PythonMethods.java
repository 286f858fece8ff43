package io.promptmill.udf.prompt.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/** Methods of Python's strings, lists and dictionaries that templates call; a fixed list, without reflection. */
final class PythonMethods {

    private PythonMethods() {}

    static Object call(Object receiver, String name, Arguments arguments, TemplateInterpreter interpreter) {
        RenderBudget budget = interpreter.budget();
        if (receiver instanceof String text) {
            budget.charge(text.length());
            return ofText(text, name, arguments, budget);
        }
        if (receiver instanceof Map<?, ?> map) {
            Object entry = map.get(name);
            if (entry instanceof Macro macro) {
                return macro.call(arguments, interpreter);
            }
            return ofMap(map, name, arguments, budget);
        }
        if (receiver instanceof List<?> list) {
            return ofList(list, name, arguments, budget);
        }
        if (receiver instanceof LoopState loop && name.equals("cycle") && arguments.count() > 0) {
            return arguments.positional().get(loop.getIndex0() % arguments.count());
        }
        if (receiver instanceof Undefined undefined) {
            throw new TemplateFailure("'" + undefined.name() + "' is undefined; it has no method '" + name + "'");
        }
        throw unknown(receiver, name);
    }

    private static Object ofText(String text, String name, Arguments arguments, RenderBudget budget) {
        return switch (name) {
            case "strip" -> strip(text, stripped(arguments), true, true);
            case "lstrip" -> strip(text, stripped(arguments), true, false);
            case "rstrip" -> strip(text, stripped(arguments), false, true);
            case "split" -> split(text, arguments, budget);
            case "splitlines" ->
                text.isEmpty()
                        ? new ArrayList<>()
                        : new ArrayList<>(text.lines().toList());
            case "startswith" -> anyAffix(arguments, affix -> text.startsWith(affix));
            case "endswith" -> anyAffix(arguments, affix -> text.endsWith(affix));
            case "replace" ->
                replace(
                        text,
                        arguments.text(0, "old"),
                        arguments.text(1, "new"),
                        arguments.integer(2, "count", -1),
                        budget);
            case "upper" -> text.toUpperCase(Locale.ROOT);
            case "lower" -> text.toLowerCase(Locale.ROOT);
            case "title" -> title(text);
            case "capitalize" -> capitalize(text);
            case "find" -> codePoints(text, text.indexOf(arguments.text(0, "sub")));
            case "rfind" -> codePoints(text, text.lastIndexOf(arguments.text(0, "sub")));
            case "count" ->
                (long) split(text, arguments.text(0, "sub"), Integer.MAX_VALUE, budget)
                                .size()
                        - 1;
            case "join" -> join(text, arguments.get(0, "iterable", null), budget);
            case "removeprefix" -> removeAffix(text, arguments.text(0, "prefix"), true);
            case "removesuffix" -> removeAffix(text, arguments.text(0, "suffix"), false);
            case "format" -> format(text, arguments, budget);
            case "isdigit" -> !text.isEmpty() && text.codePoints().allMatch(Character::isDigit);
            case "isalpha" -> !text.isEmpty() && text.codePoints().allMatch(Character::isLetter);
            case "isspace" -> !text.isEmpty() && text.codePoints().allMatch(Character::isWhitespace);
            case "isupper" -> !text.equals(text.toLowerCase(Locale.ROOT)) && text.equals(text.toUpperCase(Locale.ROOT));
            case "islower" -> !text.equals(text.toUpperCase(Locale.ROOT)) && text.equals(text.toLowerCase(Locale.ROOT));
            default -> throw unknown(text, name);
        };
    }

    @SuppressWarnings("unchecked") // every list of a template is made here or by the renderer, and holds any value
    private static Object ofList(List<?> list, String name, Arguments arguments, RenderBudget budget) {
        switch (name) {
            case "append":
                budget.charge(8);
                ((List<Object>) list).add(arguments.get(0, "object", null));
                return null;
            case "extend":
                var added = PythonValues.elements(arguments.get(0, "iterable", null), budget);
                budget.charge(8L * added.size());
                ((List<Object>) list).addAll(new ArrayList<>(added));
                return null;
            case "pop":
                budget.charge(list.size());
                int index = arguments.integer(0, "index", -1);
                int at = index < 0 ? index + list.size() : index;
                if (at < 0 || at >= list.size()) {
                    throw new TemplateFailure("pop(" + index + ") from a list of " + list.size());
                }
                return list.remove(at);
            case "index":
                for (int i = 0; i < list.size(); i++) {
                    if (PythonValues.areEqual(list.get(i), arguments.get(0, "value", null), budget)) {
                        return (long) i;
                    }
                }
                throw new TemplateFailure("index() of a value that is not in the list");
            case "count":
                long count = 0;
                for (Object element : list) {
                    count += PythonValues.areEqual(element, arguments.get(0, "value", null), budget) ? 1 : 0;
                }
                return count;
            default:
                throw unknown(list, name);
        }
    }

    @SuppressWarnings("unchecked") // as above
    private static Object ofMap(Map<?, ?> map, String name, Arguments arguments, RenderBudget budget) {
        Map<Object, Object> values = (Map<Object, Object>) map;
        budget.charge(name.equals("get") ? 1 : map.size());
        switch (name) {
            case "get":
                Object key = PythonValues.key(arguments.get(0, "key", null));
                return values.containsKey(key) ? values.get(key) : arguments.get(1, "default", null);
            case "items":
                List<Object> items = new ArrayList<>(map.size());
                values.forEach((entryKey, value) -> items.add(Tuple.pair(entryKey, value)));
                return items;
            case "keys":
                return new ArrayList<>(values.keySet());
            case "values":
                return new ArrayList<>(values.values());
            case "pop":
                Object popped = PythonValues.key(arguments.get(0, "key", null));
                if (!values.containsKey(popped) && arguments.count() < 2) {
                    throw new TemplateFailure("pop() of the key '" + popped + "', which the mapping does not have");
                }
                return values.containsKey(popped) ? values.remove(popped) : arguments.get(1, "default", null);
            case "update":
                if (arguments.get(0, "other", null) instanceof Map<?, ?> other) {
                    budget.charge(other.size());
                    values.putAll(other);
                }
                values.putAll(arguments.named());
                return null;
            case "setdefault":
                Object absent = PythonValues.key(arguments.get(0, "key", null));
                if (!values.containsKey(absent)) {
                    values.put(absent, arguments.get(1, "default", null));
                }
                return values.get(absent);
            default:
                throw unknown(map, name);
        }
    }

    private static String stripped(Arguments arguments) {
        return arguments.get(0, "chars", null) == null ? null : arguments.text(0, "chars");
    }

    /** Removes white space, or the given characters, from the chosen ends. */
    static String strip(String text, String characters, boolean start, boolean end) {
        int from = 0;
        int to = text.length();
        while (start && from < to && isStripped(text.charAt(from), characters)) {
            from++;
        }
        while (end && to > from && isStripped(text.charAt(to - 1), characters)) {
            to--;
        }
        return text.substring(from, to);
    }

    private static boolean isStripped(char character, String characters) {
        if (characters != null) {
            return characters.indexOf(character) >= 0;
        }
        return Character.isWhitespace(character) || Character.isSpaceChar(character) || character == '\u0085';
    }

    private static boolean anyAffix(Arguments arguments, Predicate<String> matches) {
        Object affix = arguments.get(0, "prefix", null);
        if (affix instanceof List<?> several) {
            return several.stream().anyMatch(one -> one instanceof String text && matches.test(text));
        }
        return matches.test(arguments.text(0, "prefix"));
    }

    private static List<Object> split(String text, Arguments arguments, RenderBudget budget) {
        int limit = arguments.integer(1, "maxsplit", -1);
        int splits = limit < 0 ? Integer.MAX_VALUE : limit;
        if (arguments.get(0, "sep", null) != null) {
            return split(text, arguments.text(0, "sep"), splits, budget);
        }
        List<Object> parts = new ArrayList<>();
        String rest = strip(text, null, true, false);
        int from = 0;
        while (from < rest.length()) {
            int to = from;
            while (to < rest.length() && parts.size() < splits && !isStripped(rest.charAt(to), null)) {
                to++;
            }
            to = parts.size() < splits ? to : rest.length();
            budget.charge(8);
            parts.add(rest.substring(from, to));
            from = to;
            while (from < rest.length() && isStripped(rest.charAt(from), null)) {
                from++;
            }
        }
        return parts;
    }

    static List<Object> split(String text, String separator, int splits, RenderBudget budget) {
        if (separator.isEmpty()) {
            throw new TemplateFailure("split() by an empty separator");
        }
        List<Object> parts = new ArrayList<>();
        int from = 0;
        for (int at = text.indexOf(separator); at >= 0 && parts.size() < splits; at = text.indexOf(separator, from)) {
            budget.charge(8);
            parts.add(text.substring(from, at));
            from = at + separator.length();
        }
        parts.add(text.substring(from));
        return parts;
    }

    static String replace(String text, String old, String replacement, int limit, RenderBudget budget) {
        budget.charge(text.length());
        StringBuilder result = new StringBuilder();
        int from = 0;
        int replaced = 0;
        while (limit < 0 || replaced < limit) {
            int at = old.isEmpty() ? from : text.indexOf(old, from);
            if (at < 0 || at > text.length()) {
                break;
            }
            budget.charge(replacement.length() + 1L);
            result.append(text, from, at).append(replacement);
            replaced++;
            from = at + old.length();
            if (old.isEmpty()) {
                if (at == text.length()) {
                    return result.toString();
                }
                result.append(text.charAt(at));
                from = at + 1;
            }
        }
        return result.append(text, Math.min(from, text.length()), text.length()).toString();
    }

    static String join(String separator, Object elements, RenderBudget budget) {
        StringBuilder result = new StringBuilder();
        boolean first = true;
        for (Object element : PythonValues.elements(elements, budget)) {
            String text = PythonText.of(element, budget);
            budget.charge((long) text.length() + separator.length() + 1);
            if (!first) {
                result.append(separator);
            }
            result.append(text);
            first = false;
        }
        return result.toString();
    }

    /** Fills {@code {}}, <code>{0}</code> and <code>{name}</code>; widths and other details are refused. */
    private static String format(String text, Arguments arguments, RenderBudget budget) {
        StringBuilder result = new StringBuilder();
        int automatic = 0;
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            boolean brace = character == '{' || character == '}';
            if (brace && i + 1 < text.length() && text.charAt(i + 1) == character) {
                result.append(character);
                i++;
            } else if (character == '{') {
                int end = text.indexOf('}', i);
                String field = end < 0 ? "" : text.substring(i + 1, end);
                if (end < 0 || !field.matches("\\w{0,64}")) {
                    throw new TemplateFailure("format() knows only {}, {0} and {name}, found '" + text + "'");
                }
                boolean numbered = field.matches("\\d{0,3}");
                int index = field.isEmpty() ? automatic++ : numbered ? Integer.parseInt(field) : arguments.count();
                if (!arguments.has(index, field)) {
                    throw new TemplateFailure("format() has no argument for {" + field + "}");
                }
                String value = PythonText.of(arguments.get(index, field, null), budget);
                budget.charge(value.length());
                result.append(value);
                i = end;
            } else {
                result.append(character);
            }
        }
        return result.toString();
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.offsetByCodePoints(0, 1);
        return text.substring(0, first).toUpperCase(Locale.ROOT)
                + text.substring(first).toLowerCase(Locale.ROOT);
    }

    static String title(String text) {
        StringBuilder result = new StringBuilder(text.length());
        boolean inWord = false;
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            result.append(inWord ? Character.toLowerCase(character) : Character.toUpperCase(character));
            inWord = Character.isLetter(character);
        }
        return result.toString();
    }

    private static long codePoints(String text, int index) {
        return index < 0 ? -1 : text.codePointCount(0, index);
    }

    private static String removeAffix(String text, String affix, boolean prefix) {
        if (prefix) {
            return text.startsWith(affix) ? text.substring(affix.length()) : text;
        }
        return text.endsWith(affix) ? text.substring(0, text.length() - affix.length()) : text;
    }

    private static TemplateFailure unknown(Object receiver, String name) {
        return new TemplateFailure("'" + PythonValues.typeName(receiver) + "' has no method '" + name + "'");
    }
}
