package io.promptmill.udf.constraint;

import java.util.List;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;

/**
 * A set of texts, built of regular parts and references to rules of a {@link Grammar}. Immutable, as long as nobody changes
 * an automaton, and thread-safe.
 */
public sealed interface Expression {
    /** As the most of a {@link Repetition}: without end. */
    int UNBOUNDED = Integer.MAX_VALUE;

    /** The texts of an automaton over Unicode code points. Surrogates among them are left out when it is compiled. */
    record Regular(Automaton codePoints) implements Expression {}

    /** One after the other; of no parts, the empty text. */
    record Sequence(List<Expression> parts) implements Expression {
        public Sequence {
            parts = List.copyOf(parts);
        }
    }

    /** Any of several; of none, no text at all. */
    record Choice(List<Expression> alternatives) implements Expression {
        public Choice {
            alternatives = List.copyOf(alternatives);
        }
    }

    /** {@code least} to {@code most} times. */
    record Repetition(Expression part, int least, int most) implements Expression {
        public Repetition {
            if (least < 0 || most < least) {
                throw new IllegalArgumentException("a repetition of " + least + " to " + most + " times");
            }
        }
    }

    /** What the rule of that name describes. */
    record Reference(String rule) implements Expression {}

    /** That text alone. */
    static Expression text(String text) {
        return new Regular(Automata.makeString(text));
    }

    static Expression sequence(Expression... parts) {
        return new Sequence(List.of(parts));
    }

    static Expression choice(Expression... alternatives) {
        return new Choice(List.of(alternatives));
    }

    static Expression optional(Expression part) {
        return new Repetition(part, 0, 1);
    }
}
