package io.promptmill.udf.constraint;

import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;

/** The rules that are called rather than copied to where they are needed, by number. No rule accepts the empty text. */
final class CalledRules {
    private final List<String> names = new ArrayList<>();
    private final List<Automaton> automata = new ArrayList<>();

    /**
     * Takes a number for a rule whose automaton is yet to come.
     *
     * @param name for messages
     */
    int reserve(String name) {
        names.add(name);
        automata.add(Automata.makeEmpty());
        return names.size() - 1;
    }

    /** @param automaton deterministic; the empty text is dropped: callers have it as a way around the call */
    void define(int rule, Automaton automaton) {
        automata.set(rule, ByteAutomata.withoutEmptyText(automaton));
    }

    /** The automaton of a call alone. */
    static Automaton call(int rule) {
        return Automata.makeChar(Piece.FIRST_CALL + rule);
    }

    int size() {
        return names.size();
    }

    String name(int rule) {
        return names.get(rule);
    }

    Automaton automaton(int rule) {
        return automata.get(rule);
    }

    /** Puts another automaton in the place of the rule's. */
    void replace(int rule, Automaton automaton) {
        automata.set(rule, automaton);
    }

    long states() {
        return automata.stream().mapToLong(Automaton::getNumStates).sum();
    }
}
