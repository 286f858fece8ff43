package io.promptmill.udf.prompt.template;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * The values that templates work on: null (None), {@link Undefined}, Boolean, Long, Double, String (indexed by code
 * point), List, Map, {@link Macro} and {@link LoopState}. Nothing else enters a template.
 */
final class PythonValues {

    private PythonValues() {}

    /** Python's truth: false are None, undefined, false, zero and what is empty. */
    static boolean isTrue(Object value) {
        if (value == null || value instanceof Undefined) {
            return false;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        if (value instanceof Long number) {
            return number != 0;
        }
        if (value instanceof Double number) {
            return number != 0;
        }
        if (value instanceof String text) {
            return !text.isEmpty();
        }
        if (value instanceof Collection<?> list) {
            return !list.isEmpty();
        }
        return !(value instanceof Map<?, ?> map) || !map.isEmpty();
    }

    /** {@code a == b}. Counts steps, since lists that share parts can be exponentially larger than they look. */
    static boolean areEqual(Object a, Object b, RenderBudget budget) {
        budget.step();
        if (a == b) {
            return true;
        }
        if (a instanceof Undefined && b instanceof Undefined) {
            return true;
        }
        if (a instanceof String left && b instanceof String right) {
            budget.charge(Math.min(left.length(), right.length()));
            return left.equals(right);
        }
        if (isNumber(a) && isNumber(b)) {
            return compareNumbers(a, b) == 0;
        }
        if (a instanceof List<?> left && b instanceof List<?> right) {
            if (left.size() != right.size()) {
                return false;
            }
            Iterator<?> others = right.iterator();
            for (Object element : left) {
                if (!areEqual(element, others.next(), budget)) {
                    return false;
                }
            }
            return true;
        }
        if (a instanceof Map<?, ?> left && b instanceof Map<?, ?> right) {
            if (left.size() != right.size()) {
                return false;
            }
            for (Map.Entry<?, ?> entry : left.entrySet()) {
                if (!right.containsKey(entry.getKey())
                        || !areEqual(entry.getValue(), right.get(entry.getKey()), budget)) {
                    return false;
                }
            }
            return true;
        }
        return false;
    }

    /** Order of two numbers or two strings; other pairs have none, as in Python. */
    static int compare(Object a, Object b, RenderBudget budget) {
        if (isNumber(a) && isNumber(b)) {
            return compareNumbers(a, b);
        }
        if (a instanceof String left && b instanceof String right) {
            budget.charge(Math.min(left.length(), right.length()));
            return left.compareTo(right);
        }
        throw new TemplateFailure("'" + typeName(a) + "' and '" + typeName(b) + "' cannot be put in order");
    }

    static boolean isNumber(Object value) {
        return value instanceof Long || value instanceof Double || value instanceof Boolean;
    }

    static double toDouble(Object number) {
        return number instanceof Double value ? value : toLong(number);
    }

    static long toLong(Object number) {
        if (number instanceof Boolean flag) {
            return flag ? 1 : 0;
        }
        return (Long) number;
    }

    private static int compareNumbers(Object a, Object b) {
        if (a instanceof Double || b instanceof Double) {
            double left = toDouble(a);
            double right = toDouble(b);
            return left == right ? 0 : left < right ? -1 : 1;
        }
        return Long.compare(toLong(a), toLong(b));
    }

    /** A value as the key of a map: text, numbers, booleans and None can be. */
    static Object key(Object value) {
        if (value instanceof List || value instanceof Map || value instanceof Undefined) {
            throw new TemplateFailure("'" + typeName(value) + "' cannot be the key of a mapping");
        }
        return value;
    }

    /** {@code base[key]}: {@link Undefined} where there is none; to look into None or undefined is an error. */
    static Object item(Object base, Object key) {
        if (base instanceof Map<?, ?> map) {
            Object value = key instanceof List || key instanceof Map ? null : map.get(key);
            return value != null || map.containsKey(key) ? value : new Undefined(String.valueOf(key));
        }
        if (base instanceof List<?> list && key instanceof Long index) {
            long at = index < 0 ? index + list.size() : index;
            return at >= 0 && at < list.size() ? list.get((int) at) : new Undefined("element " + index);
        }
        if (base instanceof String text && key instanceof Long index) {
            int length = text.codePointCount(0, text.length());
            long at = index < 0 ? index + length : index;
            return at >= 0 && at < length
                    ? Character.toString(text.codePointAt(text.offsetByCodePoints(0, (int) at)))
                    : new Undefined("character " + index);
        }
        if (base instanceof LoopState loop && key instanceof String name) {
            return loop.attribute(name);
        }
        if (base instanceof Undefined undefined) {
            throw new TemplateFailure("'" + undefined.name() + "' is undefined");
        }
        return new Undefined(typeName(base) + " attribute " + key);
    }

    /** What a {@code for} loop goes over: elements of a list, keys of a mapping, characters of a string. */
    static Collection<?> elements(Object value, RenderBudget budget) {
        if (value instanceof List<?> list) {
            return list;
        }
        if (value instanceof Map<?, ?> map) {
            budget.charge(map.size());
            return new ArrayList<>(map.keySet());
        }
        if (value instanceof String text) {
            budget.charge(8L * text.length());
            return text.codePoints().mapToObj(Character::toString).toList();
        }
        if (value instanceof Undefined) {
            return List.of();
        }
        throw new TemplateFailure("'" + typeName(value) + "' cannot be looped over");
    }

    /** Python's name of the value's type, for messages. */
    static String typeName(Object value) {
        if (value == null) {
            return "None";
        }
        if (value instanceof Undefined undefined) {
            return "undefined '" + undefined.name() + "'";
        }
        if (value instanceof String) {
            return "str";
        }
        if (value instanceof Boolean) {
            return "bool";
        }
        if (value instanceof Long) {
            return "int";
        }
        if (value instanceof Double) {
            return "float";
        }
        if (value instanceof List) {
            return "list";
        }
        return value instanceof Map ? "dict" : "object";
    }
}
