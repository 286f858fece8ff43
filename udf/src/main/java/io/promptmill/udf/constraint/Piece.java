package io.promptmill.udf.constraint;

import org.apache.lucene.util.automaton.Automaton;

/**
 * A part of a grammar as an automaton over bytes (labels 0 to 255) and calls of rules (label {@value #FIRST_CALL} and number of
 * the rule).
 *
 * @param id equal for equal parts
 * @param automaton deterministic, without dead states; of no states where it accepts nothing
 */
record Piece(int id, Automaton automaton) {
    static final int FIRST_CALL = 256;

    int states() {
        return automaton.getNumStates();
    }

    boolean isEmpty() {
        return states() == 0;
    }

    boolean acceptsEmptyText() {
        return !isEmpty() && automaton.isAccept(0);
    }
}
