package io.promptmill.udf.constraint;

import java.util.Arrays;
import java.util.PriorityQueue;

/**
 * Bytes of a shortest way from every state to the end of its rule, a call costing a shortest text of its callee (Knuth, A
 * generalization of Dijkstra's algorithm, 1977). Not thread-safe.
 */
final class Distances {
    /** Of states without a way, or with one that is too long. */
    static final int NEVER = Integer.MAX_VALUE;

    private final StateGraph graph;
    private final ReversedGraph reversed;
    private final int most;
    private final int[] distances;
    private final boolean[] settled;
    /** By the first state of a rule, the calls of it, by number; null elsewhere. */
    private final IntSequence[] callsOfStarts;

    private final PriorityQueue<Long> queue = new PriorityQueue<>();

    private Distances(StateGraph graph, int most) {
        this.graph = graph;
        this.reversed = new ReversedGraph(graph);
        this.most = most;
        this.distances = new int[graph.states()];
        this.settled = new boolean[graph.states()];
        this.callsOfStarts = new IntSequence[graph.states()];
    }

    /** @param most a longer way counts as none */
    static int[] toEnds(StateGraph graph, int most) {
        Distances distances = new Distances(graph, most);
        distances.findCalls();
        distances.settleAll();
        return distances.distances;
    }

    private void findCalls() {
        for (int call = 0; call < graph.firstCall(graph.states()); call++) {
            int start = graph.start(graph.callee(call));
            if (start != StateGraph.NONE) {
                callsOfStarts[start] = callsOfStarts[start] == null ? new IntSequence() : callsOfStarts[start];
                callsOfStarts[start].add(call);
            }
        }
    }

    private void settleAll() {
        Arrays.fill(distances, NEVER);
        for (int state = 0; state < distances.length; state++) {
            if (graph.isAccepting(state)) {
                reach(state, 0);
            }
        }
        while (!queue.isEmpty()) {
            int state = (int) (long) queue.poll();
            if (!settled[state]) {
                settled[state] = true;
                settle(state);
            }
        }
    }

    private void reach(int state, long distance) {
        if (distance <= most && distance < distances[state]) {
            distances[state] = (int) distance;
            queue.add(distance << 32 | state);
        }
    }

    private void settle(int state) {
        for (int entry = reversed.firstEdge(state); entry < reversed.firstEdge(state + 1); entry++) {
            reach(reversed.edgeSource(entry), distances[state] + 1L);
        }
        for (int entry = reversed.firstCall(state); entry < reversed.firstCall(state + 1); entry++) {
            reachBy(reversed.call(entry));
        }
        if (callsOfStarts[state] != null) {
            for (int call : callsOfStarts[state].toArray()) {
                reachBy(call);
            }
        }
    }

    private void reachBy(int call) {
        int start = graph.start(graph.callee(call));
        int end = graph.returnState(call);
        if (start != StateGraph.NONE && settled[start] && settled[end]) {
            reach(reversed.callSource(call), (long) distances[start] + distances[end]);
        }
    }
}
