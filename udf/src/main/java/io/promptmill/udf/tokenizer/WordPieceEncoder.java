package io.promptmill.udf.tokenizer;

import java.util.Map;

/**
 * WordPiece as BERT uses it (Devlin et al. 2018): the longest token that a word begins with, then the longest that the
 * rest begins with, which is spelled with a prefix; a word that cannot be written so is one unknown token.
 */
final class WordPieceEncoder implements WordEncoder {
    private static final int NONE = -1;

    private final SpellingTrie pieces = new SpellingTrie();
    /** By node of the trie. */
    private final IntList tokens = new IntList(1 << 10);

    private final int continuation;
    private final int unknown;
    private final int maximumCharacters;

    /**
     * @param tokens ids by spelling, of those that text may become
     * @param prefix how tokens are spelled that do not begin a word
     * @param maximumCharacters of a word; longer ones are unknown
     */
    WordPieceEncoder(Map<String, Integer> tokens, String prefix, int unknown, int maximumCharacters) {
        this.unknown = unknown;
        this.maximumCharacters = maximumCharacters;
        this.tokens.add(NONE);
        tokens.forEach((spelling, id) -> add(spelling, id));
        continuation = add(prefix, NONE);
    }

    private int add(String spelling, int id) {
        int node = pieces.add(spelling);
        while (tokens.size() < pieces.size()) {
            tokens.add(NONE);
        }
        if (id != NONE && !spelling.isEmpty()) {
            tokens.set(node, id);
        }
        return node;
    }

    @Override
    public void encode(CodePoints text, int start, int end, IntList ids) {
        int before = ids.size();
        int place = end - start > maximumCharacters ? NONE : start;
        while (place != NONE && place < end) {
            place = addLongest(text, place, end, place == start ? SpellingTrie.ROOT : continuation, ids);
        }
        if (place == NONE) {
            ids.truncate(before);
            ids.add(unknown);
        }
    }

    /** Adds the longest token at {@code place}; its end, or {@link #NONE} where there is none. */
    private int addLongest(CodePoints text, int place, int end, int root, IntList ids) {
        int node = root;
        int longest = NONE;
        int token = NONE;
        for (int next = place; next < end; ) {
            node = pieces.descend(node, text.at(next));
            next++;
            if (node == SpellingTrie.ABSENT) {
                break;
            }
            if (tokens.get(node) != NONE) {
                longest = next;
                token = tokens.get(node);
            }
        }
        if (longest != NONE) {
            ids.add(token);
        }
        return longest;
    }
}
