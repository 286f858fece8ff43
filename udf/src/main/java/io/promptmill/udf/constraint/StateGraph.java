package io.promptmill.udf.constraint;

import java.util.BitSet;

/**
 * States of the automata of all rules in one numbering, with edges for bytes and edges for calls of rules. Immutable and
 * thread-safe.
 */
final class StateGraph {
    /** No state. */
    static final int NONE = -1;

    private final int[] firstEdges;
    private final byte[] lows;
    private final byte[] highs;
    private final int[] targets;
    private final int[] firstCalls;
    private final int[] callees;
    private final int[] returns;
    private final BitSet accepting;
    private final int[] starts;

    private StateGraph(Builder builder, int[] starts) {
        builder.firstEdges.add(builder.targets.size());
        builder.firstCalls.add(builder.callees.size());
        this.firstEdges = builder.firstEdges.toArray();
        this.targets = builder.targets.toArray();
        this.firstCalls = builder.firstCalls.toArray();
        this.callees = builder.callees.toArray();
        this.returns = builder.returns.toArray();
        this.accepting = builder.accepting;
        this.starts = starts;
        int[] labels = builder.labels.toArray();
        this.lows = new byte[labels.length];
        this.highs = new byte[labels.length];
        for (int edge = 0; edge < labels.length; edge++) {
            lows[edge] = (byte) labels[edge];
            highs[edge] = (byte) (labels[edge] >> 8);
        }
    }

    int states() {
        return firstEdges.length - 1;
    }

    /** Where the byte leads to, or {@link #NONE}. */
    int step(int state, int label) {
        int low = firstEdges[state];
        int high = firstEdges[state + 1] - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (label < (lows[middle] & 0xFF)) {
                high = middle - 1;
            } else if (label > (highs[middle] & 0xFF)) {
                low = middle + 1;
            } else {
                return targets[middle];
            }
        }
        return NONE;
    }

    /** Edges of a state go from this one to before the first one of the next state, in the order of their bytes. */
    int firstEdge(int state) {
        return firstEdges[state];
    }

    int low(int edge) {
        return lows[edge] & 0xFF;
    }

    int high(int edge) {
        return highs[edge] & 0xFF;
    }

    int target(int edge) {
        return targets[edge];
    }

    /** Calls of a state go from this one to before the first one of the next state. */
    int firstCall(int state) {
        return firstCalls[state];
    }

    /** The rule that is called. */
    int callee(int call) {
        return callees[call];
    }

    /** The state after the call. */
    int returnState(int call) {
        return returns[call];
    }

    boolean hasEdges(int state) {
        return firstEdges[state] < firstEdges[state + 1];
    }

    boolean hasCalls(int state) {
        return firstCalls[state] < firstCalls[state + 1];
    }

    /** True where the rule may end. */
    boolean isAccepting(int state) {
        return accepting.get(state);
    }

    /** The first state of a rule, or {@link #NONE}. */
    int start(int rule) {
        return starts[rule];
    }

    int rules() {
        return starts.length;
    }

    /** States are added one by one, each with its edges in the order of their bytes, and its calls. */
    static final class Builder {
        private final IntSequence firstEdges = new IntSequence();
        private final IntSequence labels = new IntSequence();
        private final IntSequence targets = new IntSequence();
        private final IntSequence firstCalls = new IntSequence();
        private final IntSequence callees = new IntSequence();
        private final IntSequence returns = new IntSequence();
        private final BitSet accepting = new BitSet();

        /** Begins the next state. */
        void add(boolean accepts) {
            accepting.set(firstEdges.size(), accepts);
            firstEdges.add(targets.size());
            firstCalls.add(callees.size());
        }

        void addEdge(int low, int high, int target) {
            labels.add(low | high << 8);
            targets.add(target);
        }

        void addCall(int callee, int returnState) {
            callees.add(callee);
            returns.add(returnState);
        }

        StateGraph build(int[] starts) {
            return new StateGraph(this, starts);
        }
    }
}
