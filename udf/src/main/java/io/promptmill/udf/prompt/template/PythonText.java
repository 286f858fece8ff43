package io.promptmill.udf.prompt.template;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Values as text: {@code str}, {@code repr}, and JSON in the layout of Python's {@code json.dumps}. */
final class PythonText {
    private static final int DEEPEST_NESTING = 64;

    private final StringBuilder out = new StringBuilder();
    private final RenderBudget budget;
    private final boolean json;
    private final int indent;

    private PythonText(RenderBudget budget, boolean json, int indent) {
        this.budget = budget;
        this.json = json;
        this.indent = indent;
    }

    /** {@code str(value)}; undefined is empty text. */
    static String of(Object value, RenderBudget budget) {
        if (value instanceof String text) {
            return text;
        }
        if (value instanceof Undefined) {
            return "";
        }
        PythonText writer = new PythonText(budget, false, -1);
        writer.write(value, 0);
        return writer.out.toString();
    }

    /**
     * JSON with {@code ", "} and {@code ": "} between elements, characters beyond ASCII as they are.
     *
     * @param indent blanks a level, or -1 for one line
     */
    static String json(Object value, int indent, RenderBudget budget) {
        PythonText writer = new PythonText(budget, true, indent);
        writer.write(value, 0);
        return writer.out.toString();
    }

    private void write(Object value, int depth) {
        int before = out.length();
        budget.step();
        if (depth > DEEPEST_NESTING) {
            throw new TemplateFailure("a value nested more than " + DEEPEST_NESTING + " deep cannot be written");
        }
        if (value == null) {
            out.append(json ? "null" : "None");
        } else if (value instanceof Boolean flag) {
            String text = flag.toString();
            out.append(json ? text : flag ? "True" : "False");
        } else if (value instanceof Double number) {
            out.append(
                    number == Math.rint(number) && Math.abs(number) < 1e16
                            ? (long) (double) number + ".0"
                            : number.toString());
        } else if (value instanceof Long) {
            out.append(value);
        } else if (value instanceof String text) {
            budget.charge(text.length());
            quote(text);
        } else if (value instanceof Tuple tuple && !json) {
            sequence('(', ')', tuple.iterator(), depth);
            if (tuple.size() == 1) {
                out.insert(out.length() - 1, ',');
            }
        } else if (value instanceof List<?> list) {
            sequence('[', ']', list.iterator(), depth);
        } else if (value instanceof Map<?, ?> map) {
            sequence('{', '}', map.entrySet().iterator(), depth);
        } else if (json) {
            throw new TemplateFailure(PythonValues.typeName(value) + " has no JSON form");
        } else {
            out.append(value instanceof Undefined ? "Undefined" : "<" + PythonValues.typeName(value) + ">");
        }
        budget.charge(Math.min(64, out.length() - before));
    }

    private void sequence(char open, char close, Iterator<?> elements, int depth) {
        out.append(open);
        boolean any = elements.hasNext();
        for (boolean first = true; elements.hasNext(); first = false) {
            if (!first) {
                out.append(indent < 0 ? ", " : ",");
            }
            newLine(depth + 1);
            Object element = elements.next();
            if (element instanceof Map.Entry<?, ?> entry) {
                write(json ? of(entry.getKey(), budget) : entry.getKey(), depth + 1);
                out.append(": ");
                write(entry.getValue(), depth + 1);
            } else {
                write(element, depth + 1);
            }
        }
        if (any) {
            newLine(depth);
        }
        out.append(close);
    }

    private void newLine(int depth) {
        if (indent >= 0) {
            budget.charge((long) indent * depth + 1);
            out.append('\n').append(" ".repeat(indent * depth));
        }
    }

    private void quote(String text) {
        char quote = json || text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            switch (character) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (character == quote) {
                        out.append('\\').append(character);
                    } else if (character < ' ') {
                        control(character);
                    } else {
                        out.append(character);
                    }
                }
            }
        }
        out.append(quote);
    }

    private void control(char character) {
        if (json && character == '\b') {
            out.append("\\b");
        } else if (json && character == '\f') {
            out.append("\\f");
        } else {
            out.append(String.format(json ? "\\u%04x" : "\\x%02x", (int) character));
        }
    }
}
