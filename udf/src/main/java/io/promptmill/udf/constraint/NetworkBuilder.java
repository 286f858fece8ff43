package io.promptmill.udf.constraint;

import io.promptmill.udf.error.ConfigException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Transition;

/** Puts the automata of rules into a {@link RuleNetwork}, without the states that lead to no end. */
final class NetworkBuilder {
    /** Bytes to the end of a rule: no completion is longer. States farther from it are left out. */
    static final int MAXIMUM_DISTANCE = 1_000_000;

    private NetworkBuilder() {}

    /**
     * @param root the rule of whole texts
     * @param ranks see {@link RuleNetwork#rank}
     * @param emptyText whether the empty text is a whole one
     * @throws ConfigException where there is neither a text from the root on nor the empty one
     */
    static RuleNetwork build(String origin, CalledRules rules, int root, int[] ranks, boolean emptyText) {
        StateGraph all = graphOf(rules);
        int[] distances = Distances.toEnds(all, MAXIMUM_DISTANCE);
        int start = all.start(root);
        boolean alive = start != StateGraph.NONE && distances[start] != Distances.NEVER;
        if (!alive && !emptyText) {
            throw new ConfigException(origin + " describes no text: every way through rule '" + rules.name(root)
                    + "' needs something that never ends, that is longer than " + MAXIMUM_DISTANCE
                    + " bytes, or that the model's tokens cannot spell");
        }
        int[] kept = alive ? reachable(all, start, distances) : new int[0];
        int[] keptDistances = Arrays.stream(kept).map(state -> distances[state]).toArray();
        return new RuleNetwork(reduced(all, kept), keptDistances, ranks, root, emptyText);
    }

    private static StateGraph graphOf(CalledRules rules) {
        StateGraph.Builder builder = new StateGraph.Builder();
        int[] starts = new int[rules.size()];
        int offset = 0;
        for (int rule = 0; rule < rules.size(); rule++) {
            Automaton automaton = rules.automaton(rule);
            starts[rule] = automaton.getNumStates() == 0 ? StateGraph.NONE : offset;
            for (int state = 0; state < automaton.getNumStates(); state++) {
                builder.add(automaton.isAccept(state));
                addTransitions(builder, automaton, state, offset);
            }
            offset += automaton.getNumStates();
        }
        return builder.build(starts);
    }

    private static void addTransitions(StateGraph.Builder builder, Automaton automaton, int state, int offset) {
        Transition transition = new Transition();
        int count = automaton.initTransition(state, transition);
        for (int index = 0; index < count; index++) {
            automaton.getNextTransition(transition);
            if (transition.min < Piece.FIRST_CALL) {
                int high = Math.min(transition.max, Piece.FIRST_CALL - 1);
                builder.addEdge(transition.min, high, offset + transition.dest);
            }
            for (int label = Math.max(transition.min, Piece.FIRST_CALL); label <= transition.max; label++) {
                builder.addCall(label - Piece.FIRST_CALL, offset + transition.dest);
            }
        }
    }

    private static boolean leads(StateGraph graph, int call, int[] distances) {
        int start = graph.start(graph.callee(call));
        return start != StateGraph.NONE
                && distances[start] != Distances.NEVER
                && distances[graph.returnState(call)] != Distances.NEVER;
    }

    /** States with a way to an end that can be reached from {@code start}, in ascending order. */
    private static int[] reachable(StateGraph graph, int start, int[] distances) {
        boolean[] reached = new boolean[graph.states()];
        Deque<Integer> pending = new ArrayDeque<>();
        reach(start, reached, pending);
        while (!pending.isEmpty()) {
            int state = pending.pop();
            for (int edge = graph.firstEdge(state); edge < graph.firstEdge(state + 1); edge++) {
                if (distances[graph.target(edge)] != Distances.NEVER) {
                    reach(graph.target(edge), reached, pending);
                }
            }
            for (int call = graph.firstCall(state); call < graph.firstCall(state + 1); call++) {
                if (leads(graph, call, distances)) {
                    reach(graph.start(graph.callee(call)), reached, pending);
                    reach(graph.returnState(call), reached, pending);
                }
            }
        }
        IntSequence states = new IntSequence();
        for (int state = 0; state < reached.length; state++) {
            if (reached[state]) {
                states.add(state);
            }
        }
        return states.toArray();
    }

    private static void reach(int state, boolean[] reached, Deque<Integer> pending) {
        if (!reached[state]) {
            reached[state] = true;
            pending.push(state);
        }
    }

    /** The graph of the kept states alone, numbered in their order. */
    private static StateGraph reduced(StateGraph graph, int[] kept) {
        int[] numbers = new int[graph.states()];
        Arrays.fill(numbers, StateGraph.NONE);
        for (int number = 0; number < kept.length; number++) {
            numbers[kept[number]] = number;
        }
        int[] starts = new int[graph.rules()];
        for (int rule = 0; rule < starts.length; rule++) {
            starts[rule] = graph.start(rule) == StateGraph.NONE ? StateGraph.NONE : numbers[graph.start(rule)];
        }
        StateGraph.Builder builder = new StateGraph.Builder();
        for (int state : kept) {
            builder.add(graph.isAccepting(state));
            for (int edge = graph.firstEdge(state); edge < graph.firstEdge(state + 1); edge++) {
                if (numbers[graph.target(edge)] != StateGraph.NONE) {
                    builder.addEdge(graph.low(edge), graph.high(edge), numbers[graph.target(edge)]);
                }
            }
            for (int call = graph.firstCall(state); call < graph.firstCall(state + 1); call++) {
                if (numbers[graph.returnState(call)] != StateGraph.NONE
                        && starts[graph.callee(call)] != StateGraph.NONE) {
                    builder.addCall(graph.callee(call), numbers[graph.returnState(call)]);
                }
            }
        }
        return builder.build(starts);
    }
}
