package io.promptmill.udf.constraint;

/**
 * A push-down automaton of the rules of a grammar. From every state there is a way to the end of its rule; no rule accepts the
 * empty text or begins with itself. Immutable and thread-safe.
 */
final class RuleNetwork {
    private final StateGraph graph;
    private final int[] distances;
    private final int[] ranks;
    private final int[] rulesByRank;
    private final boolean[] plain;
    private final int root;
    private final boolean emptyText;

    RuleNetwork(StateGraph graph, int[] distances, int[] ranks, int root, boolean emptyText) {
        this.graph = graph;
        this.distances = distances;
        this.ranks = ranks;
        this.root = root;
        this.emptyText = emptyText;
        this.rulesByRank = new int[ranks.length];
        for (int rule = 0; rule < ranks.length; rule++) {
            rulesByRank[ranks[rule]] = rule;
        }
        this.plain = new boolean[graph.states()];
        for (int state = 0; state < plain.length; state++) {
            plain[state] = !graph.isAccepting(state) && !graph.hasCalls(state);
        }
    }

    StateGraph graph() {
        return graph;
    }

    int step(int state, int label) {
        return graph.step(state, label);
    }

    /** True where the state neither calls a rule nor ends one: only bytes go on. */
    boolean isPlain(int state) {
        return plain[state];
    }

    /** True where the rule ends, and nothing goes on. */
    boolean isFinal(int state) {
        return graph.isAccepting(state) && !graph.hasEdges(state) && !graph.hasCalls(state);
    }

    /** Bytes of a shortest way to the end of the state's rule. */
    int distance(int state) {
        return distances[state];
    }

    /** Lower than the ranks of the rules that the rule may begin with. */
    int rank(int rule) {
        return ranks[rule];
    }

    int ruleOfRank(int rank) {
        return rulesByRank[rank];
    }

    /** The first state of whole texts; {@link StateGraph#NONE} where only the empty text is one. */
    int root() {
        return graph.start(root);
    }

    /** True where the empty text is a whole one. */
    boolean acceptsEmptyText() {
        return emptyText;
    }
}
