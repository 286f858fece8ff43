package io.promptmill.udf.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Transition;

/** Random texts of an automaton over code points. */
final class AutomatonTexts {
    private final Automaton automaton;
    /** By state: steps to where a text may end, or -1. */
    private final int[] distances;
    /** By state. */
    private final List<List<Transition>> transitions = new ArrayList<>();

    AutomatonTexts(Automaton automaton) {
        this.automaton = automaton;
        for (int state = 0; state < automaton.getNumStates(); state++) {
            transitions.add(transitions(state));
        }
        distances = new int[automaton.getNumStates()];
        Arrays.fill(distances, -1);
        for (boolean changed = true; changed; ) {
            changed = false;
            for (int state = 0; state < distances.length; state++) {
                int distance = automaton.isAccept(state) ? 0 : 1 + nearest(state);
                if (distance != distances[state] && (automaton.isAccept(state) || nearest(state) >= 0)) {
                    distances[state] = distance;
                    changed = true;
                }
            }
        }
    }

    private int nearest(int state) {
        return transitions.get(state).stream()
                .mapToInt(transition -> distances[transition.dest])
                .filter(distance -> distance >= 0)
                .min()
                .orElse(-1);
    }

    private List<Transition> transitions(int state) {
        List<Transition> transitions = new ArrayList<>();
        for (int index = 0; index < automaton.getNumTransitions(state); index++) {
            Transition transition = new Transition();
            automaton.getTransition(state, index, transition);
            transitions.add(transition);
        }
        return transitions;
    }

    /** A text that goes straight to an end after about {@code length} characters. */
    String random(SplittableRandom random, int length) {
        StringBuilder text = new StringBuilder();
        int state = 0;
        while (!automaton.isAccept(state)
                || automaton.getNumTransitions(state) > 0 && text.length() < length && random.nextInt(8) > 0) {
            boolean hurry = text.length() >= length;
            int here = distances[state];
            List<Transition> ways = transitions.get(state).stream()
                    .filter(way -> distances[way.dest] >= 0 && (!hurry || distances[way.dest] < here))
                    .toList();
            Transition way = ways.get(random.nextInt(ways.size()));
            boolean ascii = way.min < 0x7F && random.nextInt(4) > 0;
            text.appendCodePoint(random.nextInt(way.min, Math.min(way.max, ascii ? 0x7E : way.max) + 1));
            state = way.dest;
        }
        return text.toString();
    }
}
