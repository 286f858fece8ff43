package io.promptmill.udf.constraint.json;

import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/**
 * Reads the expressions in which this package itself describes texts: characters, classes in brackets, groups, {@code |}, and
 * the repetitions {@code ? * +} and in braces; a backslash before a character takes it as it is. Lucene's own reader makes
 * each part minimal by itself, which takes a hundred times as long.
 */
final class Notation {
    private final int[] text;
    private int at;

    private Notation(String expression) {
        text = expression.codePoints().toArray();
    }

    /** Neither deterministic nor minimal. */
    static Automaton automaton(String expression) {
        Notation notation = new Notation(expression);
        Automaton automaton = notation.union();
        if (notation.at < notation.text.length) {
            throw new IllegalArgumentException("unbalanced at " + notation.at + ": " + expression);
        }
        return automaton;
    }

    private Automaton union() {
        List<Automaton> parts = new ArrayList<>();
        do {
            parts.add(sequence());
        } while (taken('|'));
        return parts.size() == 1 ? parts.get(0) : Operations.union(parts);
    }

    private Automaton sequence() {
        List<Automaton> parts = new ArrayList<>();
        while (at < text.length && text[at] != '|' && text[at] != ')') {
            parts.add(repeated(part()));
        }
        return Operations.concatenate(parts);
    }

    private Automaton repeated(Automaton part) {
        if (taken('?')) {
            return Operations.optional(part);
        }
        if (taken('*')) {
            return Operations.repeat(part);
        }
        if (taken('+')) {
            return Operations.repeat(part, 1);
        }
        if (!taken('{')) {
            return part;
        }
        int least = count();
        int most = taken(',') ? count() : least;
        expect('}');
        return Operations.repeat(part, least, most);
    }

    private Automaton part() {
        if (taken('(')) {
            Automaton group = union();
            expect(')');
            return group;
        }
        if (taken('[')) {
            List<Automaton> ranges = new ArrayList<>();
            while (!taken(']')) {
                int least = character();
                ranges.add(Automata.makeCharRange(least, taken('-') ? character() : least));
            }
            return Operations.union(ranges);
        }
        return Automata.makeChar(character());
    }

    private int character() {
        taken('\\');
        return text[at++];
    }

    private int count() {
        int count = 0;
        while (Character.isDigit(text[at])) {
            count = 10 * count + text[at++] - '0';
        }
        return count;
    }

    private boolean taken(int character) {
        boolean taken = at < text.length && text[at] == character;
        at += taken ? 1 : 0;
        return taken;
    }

    private void expect(int character) {
        if (!taken(character)) {
            throw new IllegalArgumentException("expected '" + (char) character + "' at " + at);
        }
    }
}
