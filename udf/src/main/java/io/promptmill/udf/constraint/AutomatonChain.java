package io.promptmill.udf.constraint;

import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.Transition;

/**
 * Counted repetitions. Where no text of the body goes on as another one, such as where it is a character, copies of the body
 * are a deterministic automaton as soon as the end of each is the beginning of the next.
 */
final class AutomatonChain {
    private final Automaton body;
    private final Automaton chain = new Automaton();
    private final int copies;

    private AutomatonChain(Automaton body, int copies) {
        this.body = body;
        this.copies = copies;
    }

    /** @param body deterministic, without dead states and the empty text */
    static Automaton repeat(Automaton body, int least, int most) {
        return isDelimited(body) ? new AutomatonChain(body, most).build(least) : Operations.repeat(body, least, most);
    }

    /** True where nothing leads out of accepting states, and nothing back to the initial one. */
    static boolean isDelimited(Automaton body) {
        Transition transition = new Transition();
        for (int state = 0; state < body.getNumStates(); state++) {
            int count = body.initTransition(state, transition);
            if (count > 0 && body.isAccept(state)) {
                return false;
            }
            for (int index = 0; index < count; index++) {
                body.getNextTransition(transition);
                if (transition.dest == 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private Automaton build(int least) {
        int states = body.getNumStates();
        for (int state = 0; state <= copies * states; state++) {
            chain.createState();
        }
        for (int copy = 0; copy <= copies; copy++) {
            chain.setAccept(copy * states, copy >= least);
        }
        for (int copy = 0; copy < copies; copy++) {
            for (int state = 0; state < states; state++) {
                addTransitions(copy * states, state);
            }
        }
        chain.finishState();
        return chain;
    }

    private void addTransitions(int offset, int state) {
        Transition transition = new Transition();
        int count = body.initTransition(state, transition);
        for (int index = 0; index < count; index++) {
            body.getNextTransition(transition);
            int target = body.isAccept(transition.dest) ? offset + body.getNumStates() : offset + transition.dest;
            chain.addTransition(offset + state, target, transition.min, transition.max);
        }
    }
}
