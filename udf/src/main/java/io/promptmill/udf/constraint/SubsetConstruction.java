package io.promptmill.udf.constraint;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Transition;

/**
 * Makes automata with few labels deterministic: a state for each set of states that a text can lead to (Rabin and Scott,
 * 1959). Other than Lucene's way it forgets the rest of a set where one of its states accepts whatever follows, without
 * which a search takes many more states. Not thread-safe.
 */
final class SubsetConstruction {
    private final Automaton automaton;
    private final int labels;
    private final BitSet universal;
    private final Automaton.Builder result = new Automaton.Builder();
    private final Map<Subset, Integer> known = new HashMap<>();
    private final Deque<Subset> open = new ArrayDeque<>();
    private final IntList[] targets;
    private final int most;
    private long work;

    private SubsetConstruction(Automaton automaton, int labels, int most, long work) {
        this.automaton = automaton;
        this.labels = labels;
        this.most = most;
        this.work = work;
        universal = universal();
        targets = new IntList[labels];
        Arrays.setAll(targets, label -> new IntList());
    }

    /** States in ascending order. */
    private record Subset(int[] states) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Subset subset && Arrays.equals(states, subset.states);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(states);
        }
    }

    /**
     * The same texts, deterministic.
     *
     * @param labels those of the automaton are 0 to this, exclusive
     * @param most states that it may have
     * @param work how many transitions of single labels may be looked at, which bounds time and memory
     * @return empty where that is not enough
     */
    static Optional<Automaton> determinize(Automaton automaton, int labels, int most, long work) {
        if (automaton.getNumStates() == 0) {
            return Optional.of(automaton);
        }
        SubsetConstruction construction = new SubsetConstruction(automaton, labels, most, work);
        return construction.run() ? Optional.of(construction.result.finish()) : Optional.empty();
    }

    private boolean run() {
        number(new int[] {0});
        Transition transition = new Transition();
        while (!open.isEmpty()) {
            Subset from = open.poll();
            int source = known.get(from);
            for (int state : from.states) {
                int count = automaton.initTransition(state, transition);
                for (int index = 0; index < count; index++) {
                    automaton.getNextTransition(transition);
                    work -= 1 + transition.max - transition.min;
                    if (work < 0) {
                        return false;
                    }
                    for (int label = transition.min; label <= transition.max; label++) {
                        targets[label].add(transition.dest);
                    }
                }
            }
            for (int label = 0; label < labels; label++) {
                if (!targets[label].isEmpty()) {
                    result.addTransition(source, number(targets[label].take()), label);
                }
            }
            if (known.size() > most) {
                return false;
            }
        }
        return true;
    }

    private int number(int[] states) {
        Subset subset = new Subset(reduced(states));
        Integer earlier = known.get(subset);
        if (earlier != null) {
            return earlier;
        }
        int number = result.createState();
        result.setAccept(number, Arrays.stream(subset.states).anyMatch(automaton::isAccept));
        known.put(subset, number);
        open.add(subset);
        return number;
    }

    /** Sorted, each once; or the one that accepts all. */
    private int[] reduced(int[] states) {
        Arrays.sort(states);
        int size = 0;
        for (int state : states) {
            if (universal.get(state)) {
                return new int[] {universal.nextSetBit(0)};
            }
            if (size == 0 || states[size - 1] != state) {
                states[size++] = state;
            }
        }
        return Arrays.copyOf(states, size);
    }

    /** States, though perhaps not all, from which every text is accepted. */
    private BitSet universal() {
        BitSet found = new BitSet();
        for (int state = 0; state < automaton.getNumStates(); state++) {
            BitSet self = new BitSet();
            self.set(state);
            found.set(state, automaton.isAccept(state) && everyLabelLeadsTo(self, state));
        }
        for (int state = 0; state < automaton.getNumStates() && !found.isEmpty(); state++) {
            if (automaton.isAccept(state) && everyLabelLeadsTo(found, state)) {
                found.set(state);
            }
        }
        return found;
    }

    private boolean everyLabelLeadsTo(BitSet states, int from) {
        BitSet leading = new BitSet();
        Transition transition = new Transition();
        int count = automaton.initTransition(from, transition);
        for (int index = 0; index < count; index++) {
            automaton.getNextTransition(transition);
            if (states.get(transition.dest)) {
                leading.set(transition.min, transition.max + 1);
            }
        }
        return leading.cardinality() == labels;
    }

    /** Numbers that are taken out all at once. */
    private static final class IntList {
        private int[] numbers = new int[4];
        private int size;

        boolean isEmpty() {
            return size == 0;
        }

        void add(int number) {
            numbers = size == numbers.length ? Arrays.copyOf(numbers, 2 * size) : numbers;
            numbers[size++] = number;
        }

        int[] take() {
            int[] taken = Arrays.copyOf(numbers, size);
            size = 0;
            return taken;
        }
    }
}
