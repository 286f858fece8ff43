package io.promptmill.udf.prompt.template;

import com.hubspot.jinjava.interpret.InterpretException;
import com.hubspot.jinjava.tree.Node;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A parsed template. Immutable and thread-safe; every rendering has a state of its own. */
public final class CompiledTemplate {
    private static final int LONGEST_SOURCE = 256 * 1024;
    private static final int DEEPEST_VALUE = 32;

    private final List<Node> nodes;
    private final Set<String> variables;
    private final List<String> complaints;

    private CompiledTemplate(TemplateCompiler.Compiled compiled) {
        this.nodes = compiled.nodes();
        this.variables = Collections.unmodifiableSet(compiled.variables());
        this.complaints = List.copyOf(compiled.complaints());
    }

    /**
     * @throws TemplateFailure for source that is too long or cannot be understood, with line and column
     */
    public static CompiledTemplate compile(String source) {
        if (source.length() > LONGEST_SOURCE) {
            throw new TemplateFailure(
                    "it has " + source.length() + " characters; at most " + LONGEST_SOURCE + " are accepted");
        }
        TemplateInterpreter.prepare();
        try {
            return new CompiledTemplate(TemplateCompiler.compile(source));
        } catch (StackOverflowError e) {
            throw new TemplateFailure("it is nested too deeply");
        } catch (TemplateFailure e) {
            throw e;
        } catch (RuntimeException e) {
            throw new TemplateFailure("it cannot be understood (" + e + ")");
        }
    }

    /** Names that the template reads without setting them. */
    public Set<String> variables() {
        return variables;
    }

    /** What will fail once it is reached: filters that do not exist, with their places. */
    public List<String> complaints() {
        return complaints;
    }

    /**
     * Renders with the given values: null, booleans, numbers, text, and lists and maps of such. They are copied, so
     * that a template which changes them harms nobody.
     *
     * @param now what {@code strftime_now} writes
     * @throws TemplateFailure where the template stops
     */
    public String render(Map<String, ?> values, LocalDateTime now) {
        try {
            long[] characters = new long[1];
            Map<String, Object> copies = new LinkedHashMap<>();
            values.forEach((name, value) -> copies.put(name, copy(value, characters, 0)));
            return new TemplateInterpreter(copies, new RenderBudget(characters[0]), now).renderAll(nodes);
        } catch (TemplateFailure e) {
            throw e;
        } catch (StackOverflowError e) {
            throw new TemplateFailure("it calls itself too deeply");
        } catch (InterpretException e) {
            throw new TemplateFailure(
                    e.getCause() instanceof TemplateFailure cause ? cause.getMessage() : e.getMessage());
        } catch (RuntimeException e) {
            // Which exceptions expressions let out depends on their values; none may leave the row that it belongs to.
            throw new TemplateFailure("an expression does not work with the values that it is given (" + e + ")");
        }
    }

    private static Object copy(Object value, long[] characters, int depth) {
        if (depth > DEEPEST_VALUE) {
            throw new TemplateFailure("a value is nested more than " + DEEPEST_VALUE + " deep");
        }
        characters[0]++;
        if (value instanceof CharSequence text) {
            characters[0] += text.length();
            return text.toString();
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> copy = new LinkedHashMap<>();
            map.forEach((key, entry) -> copy.put(String.valueOf(key), copy(entry, characters, depth + 1)));
            return copy;
        }
        if (value instanceof Iterable<?> list) {
            List<Object> copy = new ArrayList<>();
            list.forEach(element -> copy.add(copy(element, characters, depth + 1)));
            return copy;
        }
        if (value == null || value instanceof Boolean || value instanceof Long || value instanceof Double) {
            return value;
        }
        if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        if (value instanceof Float number) {
            return Double.parseDouble(number.toString());
        }
        return value.toString();
    }
}
