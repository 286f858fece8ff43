package io.promptmill.udf.tokenizer;

import java.util.BitSet;

/**
 * Finds whole tokens in raw text: the leftmost one and, of those that begin there, the longest. The cost of a position is
 * the length of the longest spelling that begins there, however many tokens there are. Thread-safe once filled.
 */
final class TokenMatcher {
    static final int NO_TOKEN = -1;

    private final SpellingTrie spellings = new SpellingTrie();
    /** The units with which spellings begin. */
    private final BitSet firsts = new BitSet();
    /** By node of the trie. */
    private final IntList tokens = new IntList(64);

    TokenMatcher() {
        tokens.add(NO_TOKEN);
    }

    /** Searches for {@code spelling}, which is not empty. */
    void add(String spelling, int token) {
        firsts.set(spelling.charAt(0));
        int node = spellings.add(spelling);
        while (tokens.size() < spellings.size()) {
            tokens.add(NO_TOKEN);
        }
        tokens.set(node, token);
    }

    boolean isEmpty() {
        return spellings.size() == 1;
    }

    /** The longest token that is spelled at {@code start}, or {@link #NO_TOKEN}. */
    int matchAt(String text, int start) {
        return (int) longestAt(text, start);
    }

    /** The longest token that is spelled at {@code start} and, in the upper half, its length; or {@link #NO_TOKEN}. */
    long longestAt(String text, int start) {
        if (!firsts.get(text.charAt(start))) {
            return NO_TOKEN;
        }
        int node = SpellingTrie.ROOT;
        long match = NO_TOKEN;
        for (int index = start; index < text.length(); index++) {
            node = spellings.child(node, text.charAt(index));
            if (node == SpellingTrie.ABSENT) {
                break;
            }
            match = tokens.get(node) == NO_TOKEN ? match : (long) (index + 1 - start) << 32 | tokens.get(node);
        }
        return match;
    }
}
