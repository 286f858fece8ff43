package io.promptmill.udf.constraint;

/** The edges and calls of a {@link StateGraph} by the states that they lead to. Immutable and thread-safe. */
final class ReversedGraph {
    private final int[] firstEdges;
    private final int[] edgeSources;
    private final int[] firstCalls;
    private final int[] calls;
    private final int[] sourcesOfCalls;

    ReversedGraph(StateGraph graph) {
        int states = graph.states();
        firstEdges = new int[states + 1];
        firstCalls = new int[states + 1];
        edgeSources = new int[graph.firstEdge(states)];
        calls = new int[graph.firstCall(states)];
        sourcesOfCalls = new int[calls.length];
        for (int edge = 0; edge < edgeSources.length; edge++) {
            firstEdges[graph.target(edge)]++;
        }
        for (int call = 0; call < calls.length; call++) {
            firstCalls[graph.returnState(call)]++;
        }
        sum(firstEdges);
        sum(firstCalls);
        for (int state = states - 1; state >= 0; state--) {
            for (int edge = graph.firstEdge(state); edge < graph.firstEdge(state + 1); edge++) {
                edgeSources[--firstEdges[graph.target(edge)]] = state;
            }
            for (int call = graph.firstCall(state); call < graph.firstCall(state + 1); call++) {
                calls[--firstCalls[graph.returnState(call)]] = call;
                sourcesOfCalls[call] = state;
            }
        }
    }

    /** Makes of counts where each one's entries end; taking entries from there backwards leaves where they begin. */
    private static void sum(int[] counts) {
        for (int index = 1; index < counts.length; index++) {
            counts[index] += counts[index - 1];
        }
    }

    /** Entries of edges to a state go from this one to before the first one of the next state. */
    int firstEdge(int state) {
        return firstEdges[state];
    }

    /** The state that an edge comes from. */
    int edgeSource(int entry) {
        return edgeSources[entry];
    }

    /** Entries of calls that return to a state go from this one to before the first one of the next state. */
    int firstCall(int state) {
        return firstCalls[state];
    }

    /** A call, by its number in the graph. */
    int call(int entry) {
        return calls[entry];
    }

    /** The state that makes a call. */
    int callSource(int call) {
        return sourcesOfCalls[call];
    }
}
