package io.promptmill.udf.constraint;

import java.util.BitSet;
import java.util.List;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.Transition;

/**
 * Gives {@code ^} and {@code $} their meaning. Both are labels of their own at first, the two behind those of characters.
 * Of the texts with such labels only those remain that have the first at the beginning alone and the second at the end
 * alone; then the labels are dropped.
 */
final class RegexAnchors {
    private final int characters;

    /** @param characters labels of characters, which are 0 to this, exclusive */
    RegexAnchors(int characters) {
        this.characters = characters;
    }

    static int label(int characters, boolean end) {
        return end ? characters + 1 : characters;
    }

    Automaton resolve(Automaton labelled) {
        if (!hasAnchors(labelled)) {
            return labelled;
        }
        Automaton inPlace = Operations.intersection(labelled, places());
        return inPlace.getNumStates() == 0 ? Automata.makeEmpty() : withoutAnchors(inPlace);
    }

    private boolean hasAnchors(Automaton automaton) {
        Transition transition = new Transition();
        for (int state = 0; state < automaton.getNumStates(); state++) {
            int count = automaton.initTransition(state, transition);
            for (int index = 0; index < count; index++) {
                automaton.getNextTransition(transition);
                if (transition.max >= characters) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Beginnings, characters, ends; or without characters, beginnings and ends as they come. */
    private Automaton places() {
        Automaton begin = Operations.repeat(Automata.makeChar(label(characters, false)));
        Automaton text = Operations.repeat(Automata.makeCharRange(0, characters - 1), 1);
        Automaton end = Operations.repeat(Automata.makeChar(label(characters, true)));
        Automaton empty = Operations.repeat(Automata.makeCharRange(label(characters, false), label(characters, true)));
        Automaton either = Operations.union(Operations.concatenate(List.of(begin, text, end)), empty);
        return Operations.determinize(either, Operations.DEFAULT_DETERMINIZE_WORK_LIMIT);
    }

    /** The states, behind a new first one that stands for all that anchors lead to from the first. */
    private Automaton withoutAnchors(Automaton inPlace) {
        BitSet accepting = reachingAccept(inPlace);
        Automaton.Builder texts = new Automaton.Builder();
        texts.setAccept(texts.createState(), accepting.get(0));
        for (int state = 0; state < inPlace.getNumStates(); state++) {
            texts.setAccept(texts.createState(), accepting.get(state));
        }
        Transition transition = new Transition();
        BitSet beginnings = beginnings(inPlace);
        for (int state = 0; state < inPlace.getNumStates(); state++) {
            int count = inPlace.initTransition(state, transition);
            for (int index = 0; index < count; index++) {
                inPlace.getNextTransition(transition);
                int max = Math.min(transition.max, characters - 1);
                if (transition.min <= max) {
                    texts.addTransition(state + 1, transition.dest + 1, transition.min, max);
                    if (beginnings.get(state)) {
                        texts.addTransition(0, transition.dest + 1, transition.min, max);
                    }
                }
            }
        }
        return Operations.removeDeadStates(texts.finish());
    }

    /** States that anchors lead to from the first, itself among them. */
    private BitSet beginnings(Automaton automaton) {
        BitSet reached = new BitSet();
        reached.set(0);
        boolean changed = true;
        Transition transition = new Transition();
        while (changed) {
            changed = false;
            for (int state = reached.nextSetBit(0); state >= 0; state = reached.nextSetBit(state + 1)) {
                int count = automaton.initTransition(state, transition);
                for (int index = 0; index < count; index++) {
                    automaton.getNextTransition(transition);
                    if (transition.max >= characters && !reached.get(transition.dest)) {
                        reached.set(transition.dest);
                        changed = true;
                    }
                }
            }
        }
        return reached;
    }

    /** States from which anchors alone lead to where the text may end. */
    private BitSet reachingAccept(Automaton automaton) {
        BitSet reaching = new BitSet();
        boolean changed = true;
        Transition transition = new Transition();
        while (changed) {
            changed = false;
            for (int state = automaton.getNumStates() - 1; state >= 0; state--) {
                if (!reaching.get(state) && reaches(automaton, state, reaching, transition)) {
                    reaching.set(state);
                    changed = true;
                }
            }
        }
        return reaching;
    }

    private boolean reaches(Automaton automaton, int state, BitSet reaching, Transition transition) {
        boolean reaches = automaton.isAccept(state);
        int count = automaton.initTransition(state, transition);
        for (int index = 0; index < count; index++) {
            automaton.getNextTransition(transition);
            reaches |= transition.max >= characters && reaching.get(transition.dest);
        }
        return reaches;
    }
}
