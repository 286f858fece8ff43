package io.promptmill.udf.tokenizer;

import java.util.Arrays;
import java.util.Map;

/**
 * Unigram language model (Kudo 2018): of all ways to write a word with the tokens of the vocabulary the one with the
 * highest sum of scores, found by the Viterbi algorithm over a trie. A character without a token of its own costs ten
 * more than the worst token; neighbours of that kind become one unknown token, or their bytes. Sums are taken, and ties
 * decided, in the order in which Hugging Face's library does.
 */
final class UnigramEncoder implements WordEncoder {
    /** Every place of a text is compared with the tokens that begin there. */
    static final int MAXIMUM_PIECE_LENGTH = 256;

    private static final double UNKNOWN_PENALTY = 10;
    private static final int NONE = -1;

    private final SpellingTrie pieces = new SpellingTrie();
    /** By node of the trie. */
    private final IntList tokens = new IntList(1 << 10);

    private final double[] scores;
    private final double unknownScore;
    private final int unknown;
    /** Null where unknown characters do not become bytes. */
    private final int[] byteTokens;

    /**
     * @param tokens ids by spelling, of those that text may become
     * @param scores by token id
     * @param lowestScore the lowest score of the whole vocabulary
     * @param byteTokens the tokens of the bytes, -1 for missing ones; null where they are not used
     */
    UnigramEncoder(Map<String, Integer> tokens, double[] scores, double lowestScore, int unknown, int[] byteTokens) {
        this.scores = scores;
        this.unknown = unknown;
        this.byteTokens = byteTokens;
        unknownScore = lowestScore - UNKNOWN_PENALTY;
        this.tokens.add(NONE);
        tokens.forEach((spelling, id) -> {
            int node = pieces.add(spelling);
            while (this.tokens.size() < pieces.size()) {
                this.tokens.add(NONE);
            }
            this.tokens.set(node, id);
        });
        // An empty spelling would be a token of no length.
        this.tokens.set(SpellingTrie.ROOT, NONE);
    }

    @Override
    public void encode(CodePoints text, int start, int end, IntList ids) {
        int length = end - start;
        double[] best = new double[length + 1];
        int[] from = new int[length + 1];
        int[] by = new int[length + 1];
        Arrays.fill(from, NONE);
        for (int place = 0; place < length; place++) {
            boolean single = false;
            int node = SpellingTrie.ROOT;
            for (int next = place; next < length; ) {
                node = pieces.descend(node, text.at(start + next));
                next++;
                if (node == SpellingTrie.ABSENT) {
                    break;
                }
                int token = tokens.get(node);
                if (token != NONE) {
                    offer(best, from, by, place, next, token, scores[token]);
                    single |= next == place + 1;
                }
            }
            if (!single) {
                offer(best, from, by, place, place + 1, unknown, unknownScore);
            }
        }
        collect(text, start, from, by, ids);
    }

    private static void offer(double[] best, int[] from, int[] by, int place, int next, int token, double score) {
        double candidate = score + best[place];
        if (from[next] == NONE || candidate > best[next]) {
            best[next] = candidate;
            from[next] = place;
            by[next] = token;
        }
    }

    private void collect(CodePoints text, int start, int[] from, int[] by, IntList ids) {
        int length = from.length - 1;
        int[] ends = new int[length];
        int count = 0;
        for (int place = length; place > 0; place = from[place]) {
            ends[count++] = place;
        }
        int unknownStart = NONE;
        for (int index = count - 1; index >= 0; index--) {
            int place = ends[index];
            if (by[place] == unknown) {
                unknownStart = unknownStart == NONE ? from[place] : unknownStart;
                if (index == 0 || by[ends[index - 1]] != unknown) {
                    addUnknown(text, start + unknownStart, start + place, ids);
                    unknownStart = NONE;
                }
            } else {
                ids.add(by[place]);
            }
        }
    }

    private void addUnknown(CodePoints text, int start, int end, IntList ids) {
        byte[] bytes = byteTokens == null ? new byte[0] : text.utf8(start, end);
        boolean complete = bytes.length > 0;
        for (int index = 0; index < bytes.length && complete; index++) {
            complete = byteTokens[bytes[index] & 0xFF] >= 0;
        }
        if (!complete) {
            ids.add(unknown);
            return;
        }
        for (byte value : bytes) {
            ids.add(byteTokens[value & 0xFF]);
        }
    }
}
