package io.promptmill.udf.constraint;

import java.util.BitSet;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.Transition;

/** Automata over bytes and calls, made of Lucene's. All results have no dead states. */
final class ByteAutomata {
    /** Work of a determinization, in Lucene's unit of ten states; as many units as there are states where those are more. */
    private static final int WORK_LIMIT = 20_000;
    /** Minimization takes longer than the smaller automaton saves where there are more states. */
    private static final int MINIMIZED_STATES = 500;

    /** See {@link #isCostly}. A character of UTF-8 alone takes eight or nine states. */
    private static final int PLAIN_STATES = 8;

    private static final int MANY_STATES = 64;
    private static final int PLAIN_BYTES = 64;

    private ByteAutomata() {}

    /**
     * Any automaton, made deterministic, and small where that is quick.
     *
     * @throws org.apache.lucene.util.automaton.TooComplexToDeterminizeException past the limit
     */
    static Automaton deterministic(Automaton automaton) {
        Automaton alive = Operations.removeDeadStates(automaton);
        if (Operations.isEmpty(alive)) {
            return Automata.makeEmpty();
        }
        Automaton result = Operations.determinize(alive, Math.max(WORK_LIMIT, alive.getNumStates()));
        return result.getNumStates() <= MINIMIZED_STATES ? minimal(result) : result;
    }

    /** A deterministic automaton without dead states that has one state for all of its states that accept the same. */
    private static Automaton minimal(Automaton automaton) {
        StateGraph.Builder builder = new StateGraph.Builder();
        int start = builder.addAll(automaton);
        int[] classes = StateClasses.of(builder.build(new int[] {start}), Integer.MAX_VALUE);
        int[] numbers = new int[2 * classes.length + 2];
        Automaton.Builder result = new Automaton.Builder();
        for (int state = 0; state < classes.length; state++) {
            if (numbers[classes[state]] == 0) {
                numbers[classes[state]] = result.createState() + 1;
                result.setAccept(numbers[classes[state]] - 1, automaton.isAccept(state));
            }
        }
        if (result.getNumStates() == classes.length) {
            return automaton;
        }
        Transition transition = new Transition();
        BitSet done = new BitSet();
        for (int state = 0; state < classes.length; state++) {
            int source = numbers[classes[state]] - 1;
            int count = done.get(source) ? 0 : automaton.initTransition(state, transition);
            done.set(source);
            for (int index = 0; index < count; index++) {
                automaton.getNextTransition(transition);
                result.addTransition(source, numbers[classes[transition.dest]] - 1, transition.min, transition.max);
            }
        }
        return result.finish();
    }

    /** As {@link #deterministic}, of the UTF-8 of an automaton over code points, reduced to {@code characters}. */
    static Automaton ofCodePoints(Automaton codePoints, SpelledCharacters characters) {
        Automaton spelled = Operations.removeDeadStates(reduced(codePoints, characters));
        if (Operations.isEmpty(spelled)) {
            return Automata.makeEmpty();
        }
        return deterministic(Utf8Conversion.of(spelled));
    }

    private static Automaton reduced(Automaton codePoints, SpelledCharacters characters) {
        Automaton.Builder builder = new Automaton.Builder();
        Transition transition = new Transition();
        for (int state = 0; state < codePoints.getNumStates(); state++) {
            builder.createState();
            builder.setAccept(state, codePoints.isAccept(state));
        }
        for (int state = 0; state < codePoints.getNumStates(); state++) {
            int count = codePoints.initTransition(state, transition);
            for (int index = 0; index < count; index++) {
                codePoints.getNextTransition(transition);
                addSpelled(builder, state, transition, characters);
            }
        }
        return builder.finish();
    }

    private static void addSpelled(Automaton.Builder to, int state, Transition edge, SpelledCharacters characters) {
        int first = characters.next(edge.min);
        while (first >= 0 && first <= edge.max) {
            int last = Math.min(characters.lastOfRun(first), edge.max);
            to.addTransition(state, edge.dest, first, last);
            first = characters.next(last + 1);
        }
    }

    /** The texts of a deterministic automaton, without the empty one. */
    static Automaton withoutEmptyText(Automaton automaton) {
        if (automaton.getNumStates() == 0 || !automaton.isAccept(0)) {
            return automaton;
        }
        return Operations.removeDeadStates(from(automaton, 0, -1, false));
    }

    /**
     * What a deterministic automaton accepts from {@code start} on, with a new initial state.
     *
     * @param leftOut a label whose transition is left out at the new initial state; -1 for none
     * @param accepts whether the new initial state does
     */
    static Automaton from(Automaton automaton, int start, int leftOut, boolean accepts) {
        Automaton result = new Automaton();
        result.createState();
        result.copy(automaton);
        result.setAccept(0, accepts);
        Transition transition = new Transition();
        int count = automaton.initTransition(start, transition);
        for (int index = 0; index < count; index++) {
            automaton.getNextTransition(transition);
            if (transition.min > leftOut || transition.max < leftOut) {
                result.addTransition(0, transition.dest + 1, transition.min, transition.max);
            } else {
                addBeside(result, transition, leftOut);
            }
        }
        result.finishState();
        return result;
    }

    private static void addBeside(Automaton result, Transition transition, int leftOut) {
        if (transition.min < leftOut) {
            result.addTransition(0, transition.dest + 1, transition.min, leftOut - 1);
        }
        if (transition.max > leftOut) {
            result.addTransition(0, transition.dest + 1, leftOut + 1, transition.max);
        }
    }

    /** Rules that a deterministic automaton may call first, by number. */
    static BitSet firstCalls(Automaton automaton) {
        BitSet calls = new BitSet();
        Transition transition = new Transition();
        int count = automaton.getNumStates() == 0 ? 0 : automaton.initTransition(0, transition);
        for (int index = 0; index < count; index++) {
            automaton.getNextTransition(transition);
            if (transition.max >= Piece.FIRST_CALL) {
                calls.set(Math.max(transition.min - Piece.FIRST_CALL, 0), transition.max - Piece.FIRST_CALL + 1);
            }
        }
        return calls;
    }

    /**
     * True where a deterministic automaton has many states, or texts of any length with many bytes to choose from, and none
     * of its texts goes on as another one.
     */
    static boolean isCostly(Automaton automaton) {
        int states = automaton.getNumStates();
        if (states <= PLAIN_STATES) {
            return false;
        }
        boolean wide = false;
        for (int state = 0; state < states; state++) {
            if (automaton.isAccept(state) && automaton.getNumTransitions(state) > 0) {
                return false;
            }
            wide |= bytes(automaton, state) > PLAIN_BYTES;
        }
        return states > MANY_STATES || wide && !Operations.isFinite(automaton);
    }

    /** How many bytes may follow a state. */
    private static int bytes(Automaton automaton, int state) {
        Transition transition = new Transition();
        int bytes = 0;
        int count = automaton.initTransition(state, transition);
        for (int index = 0; index < count; index++) {
            automaton.getNextTransition(transition);
            bytes += Math.max(0, Math.min(transition.max, Piece.FIRST_CALL - 1) - transition.min + 1);
        }
        return bytes;
    }
}
