package io.promptmill.udf.constraint;

import java.util.concurrent.ConcurrentHashMap;

/** Runs a {@link RuleNetwork} over bytes, on all ways at once. Thread-safe. */
final class PushdownMachine {
    /** Sets that are remembered at most; past it, all are forgotten. */
    private static final int MAXIMUM_SETS = 100_000;

    private final RuleNetwork network;
    private final Stacks bottom = new Stacks(new int[] {Stacks.BOTTOM}, new Stacks[1], 0);
    private final ConcurrentHashMap<Stacks, Stacks> known = new ConcurrentHashMap<>();

    PushdownMachine(RuleNetwork network) {
        this.network = network;
    }

    RuleNetwork network() {
        return network;
    }

    /** The empty stack alone. */
    Stacks bottom() {
        return bottom;
    }

    /** The stacks before the first byte. */
    Stacks start() {
        StackSet set = new StackSet(this);
        if (network.root() != StateGraph.NONE) {
            set.enter(network.root(), bottom);
        }
        if (network.acceptsEmptyText()) {
            set.addBottom();
        }
        return set.finish();
    }

    /** The stacks after one more byte, or null where it may not follow. */
    Stacks step(Stacks stacks, int label) {
        if (stacks.size() == 1) {
            int state = stacks.state(0);
            int target = state == Stacks.BOTTOM ? StateGraph.NONE : network.step(state, label);
            return target == StateGraph.NONE ? null : enter(target, stacks.below(0));
        }
        StackSet set = new StackSet(this);
        for (int index = 0; index < stacks.size(); index++) {
            int state = stacks.state(index);
            int target = state == Stacks.BOTTOM ? StateGraph.NONE : network.step(state, label);
            if (target != StateGraph.NONE) {
                set.enter(target, stacks.below(index));
            }
        }
        return set.finish();
    }

    /** The stacks of a state that has just been reached, with the calls it makes and the returns that are possible. */
    Stacks enter(int state, Stacks below) {
        if (network.isPlain(state)) {
            return single(state, below);
        }
        StackSet set = new StackSet(this);
        set.enter(state, below);
        return set.finish();
    }

    /** The stacks after a rule has ended that was called with {@code below} to return to. */
    Stacks returned(Stacks below) {
        Stacks stacks = below.returned();
        if (stacks == null) {
            StackSet set = new StackSet(this);
            set.enterAll(below);
            stacks = set.finish();
            below.keepReturned(stacks);
        }
        return stacks;
    }

    /** The only byte that may follow, or -1 where there are several, or none is needed. */
    int onlyByte(Stacks stacks) {
        if (stacks.hasBottom()) {
            return -1;
        }
        StateGraph graph = network.graph();
        int only = graph.low(graph.firstEdge(stacks.state(0)));
        for (int index = 0; index < stacks.size(); index++) {
            int state = stacks.state(index);
            int last = graph.firstEdge(state + 1) - 1;
            if (graph.low(graph.firstEdge(state)) != only || graph.high(last) != only) {
                return -1;
            }
        }
        return only;
    }

    /** One stack, or several of the same top. */
    Stacks single(int state, Stacks below) {
        return shared(new int[] {state}, new Stacks[] {below});
    }

    /** The set of those stacks, the same object for equal ones. */
    Stacks shared(int[] states, Stacks[] below) {
        Stacks fresh = new Stacks(states, below, closing(states, below));
        if (known.size() > MAXIMUM_SETS) {
            known.clear();
        }
        Stacks before = known.putIfAbsent(fresh, fresh);
        return before == null ? fresh : before;
    }

    private int closing(int[] states, Stacks[] below) {
        long least = Integer.MAX_VALUE;
        for (int index = 0; index < states.length; index++) {
            long bytes = states[index] == Stacks.BOTTOM
                    ? 0
                    : (long) network.distance(states[index]) + below[index].closing();
            least = Math.min(least, bytes);
        }
        return (int) least;
    }
}
