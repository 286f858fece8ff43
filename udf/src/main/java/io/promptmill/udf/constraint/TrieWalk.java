package io.promptmill.udf.constraint;

/**
 * Walks a {@link TokenTrie} along with a {@link PushdownMachine} and marks the tokens that may follow. As long as only one
 * state is on top that just bytes go on from, a step is a look into a table. Not thread-safe.
 */
final class TrieWalk {
    private final PushdownMachine machine;
    private final RuleNetwork network;
    private final TokenTrie trie;
    private final long[] mask;
    /** Nodes above others at which the stack may be empty. */
    private final IntSequence exits = new IntSequence();
    /** By depth, the state on top and what lies below it; where there are several, -1 and all of them. */
    private final int[] tops;

    private final Stacks[] stacks;

    TrieWalk(PushdownMachine machine, TokenTrie trie, long[] mask) {
        this.machine = machine;
        this.network = machine.network();
        this.trie = trie;
        this.mask = mask;
        this.tops = new int[trie.longest() + 1];
        this.stacks = new Stacks[trie.longest() + 1];
    }

    /** Nodes at which the stack may be empty, with others below them, in ascending order. */
    int[] exits() {
        return exits.toArray();
    }

    /** Marks the tokens below the node, whose bytes have led to {@code from}. */
    void below(int node, Stacks from) {
        if (from.isBottom()) {
            return;
        }
        put(trie.depth(node), from);
        int end = trie.next(node);
        int next = node + 1;
        while (next < end) {
            next = visit(next) ? next + 1 : trie.next(next);
        }
    }

    /** True where the nodes below the node are to be visited. */
    private boolean visit(int node) {
        int depth = trie.depth(node);
        int top = tops[depth - 1];
        if (top >= 0) {
            int target = network.step(top, trie.label(node));
            if (target == StateGraph.NONE) {
                return false;
            }
            if (network.isPlain(target)) {
                tops[depth] = target;
                stacks[depth] = stacks[depth - 1];
                trie.mark(node, mask);
                return true;
            }
            return enter(node, depth, machine.enter(target, stacks[depth - 1]));
        }
        return enter(node, depth, machine.step(stacks[depth - 1], trie.label(node)));
    }

    private boolean enter(int node, int depth, Stacks reached) {
        if (reached == null) {
            return false;
        }
        trie.mark(node, mask);
        if (reached.hasBottom() && trie.next(node) > node + 1) {
            exits.add(node);
        }
        put(depth, reached);
        return !reached.isBottom();
    }

    private void put(int depth, Stacks reached) {
        boolean single = reached.size() == 1;
        tops[depth] = single ? reached.state(0) : -1;
        stacks[depth] = single ? reached.below(0) : reached;
    }
}
