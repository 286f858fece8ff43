package io.promptmill.udf.constraint;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
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
    private static final int MAXIMUM_TOPS = 1_000;
    private static final int MAXIMUM_RETURNS = 4_000;
    private static final int MAXIMUM_MERGES = 4_000;
    private static final int MAXIMUM_MERGE_DEPTH = 100;

    private record Frame(int state, Stacks below) {}

    private final PushdownMachine machine;
    private final RuleNetwork network;
    private final StateGraph graph;
    /** What is collected: by the state on top, what lies below it. */
    private final TreeMap<Integer, Stacks> tops = new TreeMap<>();

    private boolean bottom;
    /** Calls to follow: by the rank of the rule, so that all calls of a rule are known before it is entered. */
    private final TreeMap<Integer, Stacks> calls = new TreeMap<>();

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
            Map.Entry<Integer, Stacks> call = calls.pollFirstEntry();
            int start = graph.start(network.ruleOfRank(call.getKey()));
            addCallsAndTop(start, call.getValue());
        }
        int size = tops.size() + (bottom ? 1 : 0);
        if (size == 0) {
            return null;
        }
        int[] states = new int[size];
        Stacks[] below = new Stacks[size];
        states[0] = Stacks.BOTTOM;
        int index = bottom ? 1 : 0;
        for (Map.Entry<Integer, Stacks> top : tops.entrySet()) {
            states[index] = top.getKey();
            below[index++] = top.getValue();
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
            calls.merge(network.rank(graph.callee(call)), returns, (one, other) -> merge(one, other, 0));
        }
    }

    private void add(int state, Stacks below) {
        if (tops.size() < MAXIMUM_TOPS || tops.containsKey(state)) {
            tops.merge(state, below, (one, other) -> merge(one, other, 0));
        }
    }

    /** The stacks of both sets. */
    private Stacks merge(Stacks one, Stacks other, int depth) {
        if (one == other || depth > MAXIMUM_MERGE_DEPTH || ++merges > MAXIMUM_MERGES) {
            return one;
        }
        TreeMap<Integer, Stacks> merged = new TreeMap<>();
        for (int index = 0; index < one.size(); index++) {
            merged.put(one.state(index), one.below(index));
        }
        for (int index = 0; index < other.size() && merged.size() < MAXIMUM_TOPS; index++) {
            int state = other.state(index);
            Stacks below = merged.get(state);
            boolean both = below != null && below != other.below(index);
            merged.put(state, both ? merge(below, other.below(index), depth + 1) : other.below(index));
        }
        int[] states = merged.keySet().stream().mapToInt(Integer::intValue).toArray();
        return machine.shared(states, merged.values().toArray(new Stacks[0]));
    }
}
