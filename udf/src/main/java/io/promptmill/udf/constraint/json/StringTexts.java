package io.promptmill.udf.constraint.json;

import io.promptmill.udf.constraint.Expression;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.Transition;

/** Strings as JSON writes them (RFC 8259, section 7), with quotes. */
final class StringTexts {
    private static final String SHORT_ESCAPES = "\"\\\b\f\n\r\t";
    private static final String SHORT_LETTERS = "\"\\bfnrt";

    private static final Expression QUOTE = Expression.text("\"");

    /** One character of a string without limits: as it is, or escaped; surrogates are not escaped. */
    private static final Automaton CHARACTER = Automatons.regular("[ !#-\\[\\]-\uD7FF\uE000-\uDBFF\uDFFF]"
            + "|\\\\([\"\\\\/bfnrt]|u([0-9a-ce-fA-CE-F][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}))");

    /** Any string. */
    static final Expression ANY = new Expression.Regular(Automatons.minimal(Operations.concatenate(
            java.util.List.of(Automata.makeChar('"'), Operations.repeat(CHARACTER), Automata.makeChar('"')))));

    private StringTexts() {}

    static Expression of(StringSet strings) {
        if (strings.content() != null) {
            return new Expression.Regular(quoted(strings.content()));
        }
        return Expression.sequence(
                QUOTE,
                new Expression.Repetition(new Expression.Regular(CHARACTER), strings.least(), strings.most()),
                QUOTE);
    }

    static Automaton quoted(Automaton content) {
        Automaton quote = Automata.makeChar('"');
        return Automatons.deterministic(Operations.concatenate(java.util.List.of(quote, escaped(content), quote)));
    }

    /** A text with quotes; what must be escaped is escaped, in the shortest way. */
    static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int index = SHORT_ESCAPES.indexOf(c);
            if (index >= 0) {
                quoted.append('\\').append(SHORT_LETTERS.charAt(index));
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    /** The same strings with what must be escaped escaped, the rest as it is; surrogates are left out. */
    static Automaton escaped(Automaton content) {
        Automaton.Builder builder = new Automaton.Builder();
        builder.copyStates(content);
        Transition transition = new Transition();
        for (int state = 0; state < content.getNumStates(); state++) {
            Escapes escapes = new Escapes(builder, state);
            int count = content.initTransition(state, transition);
            for (int i = 0; i < count; i++) {
                content.getNextTransition(transition);
                escapes.add(transition.min, transition.max, transition.dest);
            }
        }
        return Operations.removeDeadStates(builder.finish());
    }

    /** The transitions out of one state; those that begin with a backslash share it, so that they stay deterministic. */
    private static final class Escapes {
        private final Automaton.Builder builder;
        private final int from;
        private int backslash = -1;
        private int unicode = -1;
        private final int[] high = {-1, -1};

        Escapes(Automaton.Builder builder, int from) {
            this.builder = builder;
            this.from = from;
        }

        void add(int least, int most, int to) {
            for (int c = least; c <= Math.min(most, 0x1F); c++) {
                int index = SHORT_ESCAPES.indexOf(c);
                if (index >= 0) {
                    builder.addTransition(backslash(), to, SHORT_LETTERS.charAt(index));
                } else {
                    control(c, to);
                }
            }
            for (int c : new int[] {'"', '\\'}) {
                if (least <= c && c <= most) {
                    builder.addTransition(backslash(), to, c);
                }
            }
            raw(Math.max(least, ' '), Math.min(most, '"' - 1), to);
            raw(Math.max(least, '"' + 1), Math.min(most, '\\' - 1), to);
            raw(Math.max(least, '\\' + 1), Math.min(most, Character.MIN_SURROGATE - 1), to);
            raw(Math.max(least, Character.MAX_SURROGATE + 1), most, to);
        }

        private void raw(int least, int most, int to) {
            if (least <= most) {
                builder.addTransition(from, to, least, most);
            }
        }

        /** As backslash, u, 00, and two digits. */
        private void control(int c, int to) {
            if (unicode < 0) {
                int u = next(backslash(), 'u');
                unicode = next(next(u, '0'), '0');
            }
            int digit = c >> 4;
            if (high[digit] < 0) {
                high[digit] = next(unicode, '0' + digit);
            }
            builder.addTransition(high[digit], to, Character.forDigit(c & 15, 16));
            if ((c & 15) > 9) {
                builder.addTransition(high[digit], to, Character.toUpperCase(Character.forDigit(c & 15, 16)));
            }
        }

        private int backslash() {
            if (backslash < 0) {
                backslash = next(from, '\\');
            }
            return backslash;
        }

        private int next(int state, int label) {
            int next = builder.createState();
            builder.addTransition(state, next, label);
            return next;
        }
    }
}
