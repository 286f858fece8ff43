package io.promptmill.udf.constraint;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Deque;

/** Writes a shortest way to the end of the text, the lowest bytes among equally short ones. Not thread-safe. */
final class ShortestEnd {
    private final RuleNetwork network;
    private final StateGraph graph;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    /** States to return to in the rules that have been called on the way. */
    private final Deque<Integer> returns = new ArrayDeque<>();

    private ShortestEnd(RuleNetwork network) {
        this.network = network;
        this.graph = network.graph();
    }

    static byte[] of(RuleNetwork network, Stacks stacks) {
        ShortestEnd end = new ShortestEnd(network);
        for (Stacks rest = stacks; !rest.hasBottom(); ) {
            int nearest = end.nearest(rest);
            end.writeToEnd(rest.state(nearest));
            rest = rest.below(nearest);
        }
        return end.bytes.toByteArray();
    }

    private int nearest(Stacks stacks) {
        int nearest = 0;
        for (int index = 1; index < stacks.size(); index++) {
            nearest = distance(stacks, index) < distance(stacks, nearest) ? index : nearest;
        }
        return nearest;
    }

    private long distance(Stacks stacks, int index) {
        return (long) network.distance(stacks.state(index))
                + stacks.below(index).closing();
    }

    /** Writes a shortest way to the end of the state's rule. */
    private void writeToEnd(int from) {
        returns.push(from);
        while (!returns.isEmpty()) {
            int state = returns.pop();
            while (network.distance(state) > 0) {
                state = next(state);
            }
        }
    }

    /** Writes a byte, or enters a call; answers the state to go on from. */
    private int next(int state) {
        int distance = network.distance(state);
        for (int edge = graph.firstEdge(state); edge < graph.firstEdge(state + 1); edge++) {
            if (network.distance(graph.target(edge)) == distance - 1) {
                bytes.write(graph.low(edge));
                return graph.target(edge);
            }
        }
        for (int call = graph.firstCall(state); call < graph.firstCall(state + 1); call++) {
            int start = graph.start(graph.callee(call));
            int end = graph.returnState(call);
            if (network.distance(start) + network.distance(end) == distance) {
                returns.push(end);
                return start;
            }
        }
        throw new IllegalStateException("state " + state + " has no way to its end");
    }
}
