package io.promptmill.udf.tokenizer;

/**
 * Finds whole tokens in raw text: the leftmost one and, of those that begin there, the longest. A trie, so the cost of a
 * position is the length of the longest spelling that begins there, however many tokens there are. Thread-safe once filled.
 */
final class TokenMatcher {
    static final int NO_TOKEN = -1;

    private final LongIntMap children = new LongIntMap(64);
    private final IntList tokens = new IntList(64);

    TokenMatcher() {
        tokens.add(NO_TOKEN);
    }

    void add(String spelling, int token) {
        int node = 0;
        for (int index = 0; index < spelling.length(); index++) {
            long edge = edge(node, spelling.charAt(index));
            int child = children.get(edge);
            if (child == LongIntMap.ABSENT) {
                child = tokens.size();
                children.putIfAbsent(edge, child);
                tokens.add(NO_TOKEN);
            }
            node = child;
        }
        tokens.set(node, token);
    }

    boolean isEmpty() {
        return children.size() == 0;
    }

    /** The longest token that is spelled at {@code start}, or {@link #NO_TOKEN}. */
    int matchAt(String text, int start) {
        int node = 0;
        int match = NO_TOKEN;
        for (int index = start; index < text.length(); index++) {
            node = children.get(edge(node, text.charAt(index)));
            if (node == LongIntMap.ABSENT) {
                break;
            }
            match = tokens.get(node) == NO_TOKEN ? match : tokens.get(node);
        }
        return match;
    }

    private static long edge(int node, char unit) {
        return (long) node << 16 | unit;
    }
}
