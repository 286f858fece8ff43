package io.promptmill.udf.constraint.json;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.MinimizationOperations;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.TooComplexToDeterminizeException;

/** Operations on automata over code points whose results are deterministic and without dead states. */
final class Automatons {
    /** Most states of an intersection. */
    static final int MAXIMUM_STATES = 200_000;
    /** What making deterministic may cost, in Lucene's measure: transitions visited. */
    private static final int WORK = 10_000_000;

    private Automatons() {}

    /** Of an expression in the {@link Notation} of this package. */
    static Automaton regular(String expression) {
        return minimal(Notation.automaton(expression));
    }

    /**
     * @throws TooComplexToDeterminizeException where that has too many states
     */
    static Automaton deterministic(Automaton automaton) {
        return Operations.removeDeadStates(Operations.determinize(automaton, WORK));
    }

    static Automaton minimal(Automaton automaton) {
        return Operations.removeDeadStates(MinimizationOperations.minimize(automaton, WORK));
    }

    static Automaton minus(Automaton from, Automaton what) {
        return Operations.removeDeadStates(Operations.minus(from, what, WORK));
    }

    /** Of deterministic automata. */
    static Automaton intersection(Automaton one, Automaton other) {
        if ((long) one.getNumStates() * other.getNumStates() > 100L * MAXIMUM_STATES) {
            throw new TooComplexToDeterminizeException(one, MAXIMUM_STATES);
        }
        Automaton both = Operations.removeDeadStates(Operations.intersection(one, other));
        if (both.getNumStates() > MAXIMUM_STATES) {
            throw new TooComplexToDeterminizeException(both, MAXIMUM_STATES);
        }
        return both;
    }

    /** Any of these texts. */
    static Automaton strings(Collection<String> texts) {
        TreeSet<BytesRef> sorted = new TreeSet<>();
        List<Automaton> parts = new ArrayList<>();
        for (String text : texts) {
            BytesRef bytes = new BytesRef(text);
            if (bytes.length < Automata.MAX_STRING_UNION_TERM_LENGTH) {
                sorted.add(bytes);
            } else {
                parts.add(Automata.makeString(text));
            }
        }
        if (parts.isEmpty()) {
            return Automata.makeStringUnion(sorted);
        }
        parts.add(Automata.makeStringUnion(sorted));
        return deterministic(Operations.union(parts));
    }

    /** Texts of {@code least} to {@code most} characters; {@code most} may be {@code Expression.UNBOUNDED}. */
    static Automaton lengths(int least, int most) {
        Automaton.Builder builder = new Automaton.Builder();
        boolean unbounded = most == io.promptmill.udf.constraint.Expression.UNBOUNDED;
        int count = unbounded ? least : Math.max(least - 1, most);
        for (int i = 0; i <= count; i++) {
            int state = builder.createState();
            builder.setAccept(state, i >= least);
            if (i > 0) {
                builder.addTransition(state - 1, state, Character.MIN_CODE_POINT, Character.MAX_CODE_POINT);
            }
        }
        if (unbounded) {
            builder.addTransition(count, count, Character.MIN_CODE_POINT, Character.MAX_CODE_POINT);
        }
        return builder.finish();
    }
}
