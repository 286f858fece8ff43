package io.promptmill.udf.constraint;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Collects the stacks after a byte: follows calls and returns until only states are on top that bytes go on from. Stacks with
 * the same top are merged, so that an ambiguous grammar costs as much as it has states, not as it has readings.
 *
 * <p>Work is bounded. Past the bounds, which only very ambiguous and deeply nested texts reach, further readings are dropped:
 * what is left still describes texts of the grammar, and has an end. Not thread-safe.
 */
final class StackSet {
    private static final int MAXIMUM_TOPS = 20_000;
    private static final int MAXIMUM_RETURNS = 20_000;
    private static final int MAXIMUM_MERGES = 50_000;
    private static final int MAXIMUM_MERGE_DEPTH = 100;

    private record Frame(int state, Stacks below) {}

    private final PushdownMachine machine;
    private final RuleNetwork network;
    private final StateGraph graph;
    /** What is collected: by the state on top, what lies below it. */
    private final TreeMap<Integer, List<Stacks>> tops = new TreeMap<>();

    private boolean bottom;
    /** Calls to follow: by the rank of the rule, so that all calls of a rule are known before it is entered. */
    private final TreeMap<Integer, List<Stacks>> calls = new TreeMap<>();

    private final Deque<Frame> pending = new ArrayDeque<>();
    private final Set<Frame> entered = new HashSet<>();
    private int merges;

    StackSet(PushdownMachine machine) {
        this.machine = machine;
        this.network = machine.network();
        this.graph = network.graph();
    }

    void addBottom() {
        bottom = true;
    }

    /** Adds a state that has just been reached, and those that it returns to. */
    void enter(int state, Stacks below) {
        pending.add(new Frame(state, below));
        while (!pending.isEmpty()) {
            Frame frame = pending.poll();
            if (network.isPlain(frame.state)) {
                add(frame.state, frame.below);
            } else if (entered.add(frame)) {
                follow(frame);
            }
            if (entered.size() > MAXIMUM_RETURNS && (bottom || !tops.isEmpty() || !calls.isEmpty())) {
                pending.clear();
            }
        }
    }

    /** Adds all states of a set of stacks to return to. */
    void enterAll(Stacks returns) {
        for (int index = 0; index < returns.size(); index++) {
            if (returns.state(index) == Stacks.BOTTOM) {
                bottom = true;
            } else {
                enter(returns.state(index), returns.below(index));
            }
        }
    }

    /** The set, or null where it is empty. */
    Stacks finish() {
        while (!calls.isEmpty()) {
            Map.Entry<Integer, List<Stacks>> call = calls.pollFirstEntry();
            int start = graph.start(network.ruleOfRank(call.getKey()));
            addCallsAndTop(start, merge(call.getValue(), 0));
        }
        int size = tops.size() + (bottom ? 1 : 0);
        if (size == 0) {
            return null;
        }
        int[] states = new int[size];
        Stacks[] below = new Stacks[size];
        states[0] = Stacks.BOTTOM;
        int index = bottom ? 1 : 0;
        for (Map.Entry<Integer, List<Stacks>> top : tops.entrySet()) {
            states[index] = top.getKey();
            below[index++] = merge(top.getValue(), 0);
        }
        return machine.shared(states, below);
    }

    private void follow(Frame frame) {
        addCallsAndTop(frame.state, frame.below);
        if (!graph.isAccepting(frame.state)) {
            return;
        }
        for (int index = 0; index < frame.below.size(); index++) {
            if (frame.below.state(index) == Stacks.BOTTOM) {
                bottom = true;
            } else {
                pending.add(new Frame(frame.below.state(index), frame.below.below(index)));
            }
        }
    }

    private void addCallsAndTop(int state, Stacks below) {
        if (graph.hasEdges(state)) {
            add(state, below);
        }
        for (int call = graph.firstCall(state); call < graph.firstCall(state + 1); call++) {
            int end = graph.returnState(call);
            Stacks returns = network.isFinal(end) ? below : machine.single(end, below);
            calls.computeIfAbsent(network.rank(graph.callee(call)), rank -> new ArrayList<>(1))
                    .add(returns);
        }
    }

    private void add(int state, Stacks below) {
        if (tops.size() < MAXIMUM_TOPS || tops.containsKey(state)) {
            tops.computeIfAbsent(state, top -> new ArrayList<>(1)).add(below);
        }
    }

    /** The stacks of all sets. */
    private Stacks merge(List<Stacks> sets, int depth) {
        Stacks first = sets.get(0);
        boolean same = sets.stream().allMatch(set -> set == first);
        if (same || depth > MAXIMUM_MERGE_DEPTH || merges > MAXIMUM_MERGES) {
            return first;
        }
        TreeMap<Integer, List<Stacks>> merged = new TreeMap<>();
        for (Stacks set : sets) {
            for (int index = 0; index < set.size() && merged.size() < MAXIMUM_TOPS; index++) {
                merged.computeIfAbsent(set.state(index), state -> new ArrayList<>(1))
                        .add(set.below(index));
                merges++;
            }
        }
        int[] states = new int[merged.size()];
        Stacks[] below = new Stacks[merged.size()];
        int size = 0;
        for (Map.Entry<Integer, List<Stacks>> top : merged.entrySet()) {
            states[size] = top.getKey();
            below[size++] = merge(top.getValue(), depth + 1);
        }
        return machine.shared(states, below);
    }
}
