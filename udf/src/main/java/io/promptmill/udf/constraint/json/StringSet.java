package io.promptmill.udf.constraint.json;

import io.promptmill.udf.constraint.Expression;
import io.promptmill.udf.error.ConfigException;
import java.util.Collection;
import java.util.function.BinaryOperator;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.TooComplexToDeterminizeException;

/**
 * A set of strings, either by their lengths alone or by an automaton.
 *
 * @param place for messages
 * @param least code points; 0 where there is an automaton
 * @param most code points; {@code Expression.UNBOUNDED} where there is an automaton
 * @param content null, or deterministic, without dead states and surrogates: the strings as such, without quotes and escapes
 */
record StringSet(String place, int least, int most, Automaton content) {
    /** Most characters that may be counted where the content is limited as well. */
    private static final int MAXIMUM_COUNTED = 10_000;

    /** Any text without surrogates. */
    private static final Automaton SCALAR_VALUES = Automatons.regular("[\u0000-\uD7FF\uE000-\uDBFF\uDFFF]*");

    static final StringSet ANY = new StringSet(Pointers.ROOT, 0, Expression.UNBOUNDED, null);

    static StringSet read(Fields fields, Patterns patterns) {
        String place = fields.pointer();
        int least = fields.count("minLength", 0);
        StringSet set = new StringSet(place, least, fields.count("maxLength", Expression.UNBOUNDED), null);
        if (fields.has("pattern")) {
            set = set.and(new StringSet(place, 0, Expression.UNBOUNDED, pattern(fields, patterns)));
        }
        if (fields.has("format")) {
            Automaton format = Formats.named(place, fields.text("format"));
            set = set.and(new StringSet(place, 0, Expression.UNBOUNDED, format));
        }
        return set;
    }

    private static Automaton pattern(Fields fields, Patterns patterns) {
        String pattern = fields.text("pattern");
        try {
            Automaton found = Automatons.deterministic(patterns.search(pattern));
            return Automatons.intersection(found, SCALAR_VALUES);
        } catch (ConfigException e) {
            throw new ConfigException(
                    fields.problem("pattern '" + pattern + "': " + e.getMessage())
                            .getMessage(),
                    e);
        } catch (TooComplexToDeterminizeException e) {
            throw tooComplex(fields.pointer(), e);
        }
    }

    StringSet and(StringSet other) {
        String first = place.isEmpty() ? other.place : place;
        if (content == null && other.content == null) {
            return new StringSet(first, Math.max(least, other.least), Math.min(most, other.most), null);
        }
        if (other.isFree() || other.impliedBy(this)) {
            return this;
        }
        return isFree() || impliedBy(other)
                ? other
                : with(first, combined(automaton(), other.automaton(), Automatons::intersection));
    }

    StringSet without(StringSet other) {
        return and(other).isEmpty() ? this : without(other.automaton());
    }

    StringSet without(Collection<String> texts) {
        return without(Automatons.strings(texts));
    }

    private StringSet without(Automaton texts) {
        return with(place, combined(automaton(), texts, Automatons::minus));
    }

    private static StringSet with(String place, Automaton content) {
        return new StringSet(place, 0, Expression.UNBOUNDED, content);
    }

    boolean isFree() {
        return least == 0 && most == Expression.UNBOUNDED && content == null;
    }

    /** True where these are lengths that all of the other strings have, seen without counting. */
    private boolean impliedBy(StringSet other) {
        return content == null
                && least == 0
                && other.content != null
                && other.content.getNumStates() < Math.min(most, Operations.MAX_RECURSION_LEVEL)
                && Operations.isFinite(other.content);
    }

    boolean contains(String text) {
        int length = text.codePointCount(0, text.length());
        return length >= least && length <= most && (content == null || Operations.run(content, text));
    }

    boolean isEmpty() {
        return content == null ? least > most : content.getNumStates() == 0;
    }

    private Automaton automaton() {
        if (content != null || isFree()) {
            return content == null ? SCALAR_VALUES : content;
        }
        int counted = most == Expression.UNBOUNDED ? least : Math.max(least, most);
        if (counted > MAXIMUM_COUNTED) {
            throw Pointers.problem(
                    place,
                    "a length of " + counted
                            + " together with a pattern, a format or other alternatives; expected at most "
                            + MAXIMUM_COUNTED + ". Use a smaller one, or leave it out");
        }
        Automaton lengths = Automatons.lengths(least, most);
        return Automatons.intersection(lengths, SCALAR_VALUES);
    }

    private Automaton combined(Automaton one, Automaton other, BinaryOperator<Automaton> operation) {
        try {
            return operation.apply(one, other);
        } catch (TooComplexToDeterminizeException e) {
            throw tooComplex(place, e);
        }
    }

    private static ConfigException tooComplex(String place, Throwable cause) {
        String what = "the strings are too complex to be described; use a simpler pattern or a smaller length";
        return new ConfigException(Pointers.problem(place, what).getMessage(), cause);
    }

    String problem() {
        return content == null
                ? "minLength " + least + " is above maxLength " + most + ". Change one of them"
                : "no string has this pattern, format and length at once. Change one of them";
    }
}
