package io.promptmill.udf.constraint;

import java.nio.IntBuffer;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Classes of states that behave alike for as many bytes as the longest token has: all but the last states of a long counted
 * repetition are one class, for example. Moore's refinement (Gedanken-experiments on sequential machines, 1956), one round for
 * each byte; a round looks only at states before those that changed their class in the one before. Not thread-safe.
 */
final class StateClasses {
    private final StateGraph graph;
    private final ReversedGraph reversed;
    private final int[] classes;
    /** By class, how many states it has. */
    private final Map<Integer, Integer> sizes = new HashMap<>();

    private int nextClass = 2;

    private StateClasses(StateGraph graph) {
        this.graph = graph;
        this.reversed = new ReversedGraph(graph);
        this.classes = new int[graph.states()];
        for (int state = 0; state < classes.length; state++) {
            classes[state] = graph.isAccepting(state) ? 1 : 0;
            sizes.merge(classes[state], 1, Integer::sum);
        }
    }

    /** For each state, the number of its class. */
    static int[] of(StateGraph graph, int bytes) {
        StateClasses classes = new StateClasses(graph);
        BitSet candidates = new BitSet();
        candidates.set(0, graph.states());
        for (int round = 0; round < bytes && !candidates.isEmpty(); round++) {
            candidates = classes.before(classes.refine(candidates));
        }
        return classes.classes;
    }

    /** States with an edge or a call to one of those. */
    private BitSet before(BitSet states) {
        BitSet found = new BitSet();
        for (int state = states.nextSetBit(0); state >= 0; state = states.nextSetBit(state + 1)) {
            for (int entry = reversed.firstEdge(state); entry < reversed.firstEdge(state + 1); entry++) {
                found.set(reversed.edgeSource(entry));
            }
            for (int entry = reversed.firstCall(state); entry < reversed.firstCall(state + 1); entry++) {
                found.set(reversed.callSource(reversed.call(entry)));
            }
        }
        return found;
    }

    /**
     * Splits classes by what their states do next. States that are no candidates do the same as the others of their class
     * that are none, and something else than its candidates.
     *
     * @return the states that are in another class than before
     */
    private BitSet refine(BitSet candidates) {
        Map<IntBuffer, IntSequence> groups = new LinkedHashMap<>();
        for (int state = candidates.nextSetBit(0); state >= 0; state = candidates.nextSetBit(state + 1)) {
            groups.computeIfAbsent(behaviour(state), key -> new IntSequence()).add(state);
        }
        Map<Integer, IntSequence> kept = groupsThatKeepTheirClass(groups);
        BitSet changed = new BitSet();
        groups.forEach((behaviour, group) -> {
            if (kept.get(behaviour.get(0)) != group) {
                move(group, behaviour.get(0), changed);
            }
        });
        return changed;
    }

    /** By class, the largest group of one that consists of candidates only. */
    private Map<Integer, IntSequence> groupsThatKeepTheirClass(Map<IntBuffer, IntSequence> groups) {
        Map<Integer, Integer> candidates = new HashMap<>();
        Map<Integer, IntSequence> largest = new HashMap<>();
        groups.forEach((behaviour, group) -> {
            candidates.merge(behaviour.get(0), group.size(), Integer::sum);
            largest.merge(behaviour.get(0), group, (one, other) -> one.size() >= other.size() ? one : other);
        });
        largest.keySet().removeIf(number -> candidates.get(number) < sizes.get(number));
        return largest;
    }

    private void move(IntSequence group, int oldClass, BitSet changed) {
        sizes.merge(oldClass, -group.size(), Integer::sum);
        sizes.put(nextClass, group.size());
        for (int state : group.toArray()) {
            classes[state] = nextClass;
            changed.set(state);
        }
        nextClass++;
    }

    /** The class of a state, and where its edges and calls lead to, by class. */
    private IntBuffer behaviour(int state) {
        IntSequence behaviour = new IntSequence();
        behaviour.add(classes[state]);
        for (int edge = graph.firstEdge(state); edge < graph.firstEdge(state + 1); edge++) {
            behaviour.add(graph.low(edge) | graph.high(edge) << 8);
            behaviour.add(classes[graph.target(edge)]);
        }
        for (int call = graph.firstCall(state); call < graph.firstCall(state + 1); call++) {
            behaviour.add(-1 - graph.callee(call));
            behaviour.add(classes[graph.returnState(call)]);
        }
        return IntBuffer.wrap(behaviour.toArray());
    }
}
