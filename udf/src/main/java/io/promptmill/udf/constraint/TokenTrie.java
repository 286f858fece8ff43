package io.promptmill.udf.constraint;

import io.promptmill.udf.error.ConfigException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * The tokens of a vocabulary by their bytes, as a trie in one array in the order of a depth-first walk. Tokens without bytes
 * are not in it, nor are tokens of more than {@value #MAXIMUM_LENGTH} bytes. Immutable and thread-safe.
 *
 * <p>Node 0 is the root. The nodes below a node are those from the next one to {@link #next} of it; children are in the order
 * of their bytes.
 */
public final class TokenTrie {
    static final int MAXIMUM_LENGTH = 256;
    /** Known vocabularies have a tenth of it. */
    private static final int MAXIMUM_NODES = 1 << 24;

    private final byte[][] bytesOfTokens;
    /** Of each node: the last byte, how many bytes lead to it, where the next node is that is not below it. */
    private final byte[] labels;

    private final short[] depths;
    private final int[] nexts;
    /** Of each node, and one more: where its tokens begin in {@link #tokens}. */
    private final int[] firstTokens;

    private final int[] tokens;
    private final int longest;

    private TokenTrie(byte[][] bytesOfTokens, TokenTrieBuilder builder) {
        this.bytesOfTokens = bytesOfTokens;
        this.labels = builder.labels();
        this.depths = builder.depths();
        this.nexts = builder.nexts();
        this.firstTokens = builder.firstTokens();
        this.tokens = builder.tokens();
        this.longest = builder.longest();
    }

    /**
     * @param bytes by token id, null or empty for a token without text; not copied, not to be changed
     * @throws ConfigException where the tokens have more bytes than any vocabulary
     */
    public static TokenTrie of(byte[][] bytes) {
        int[] ids = IntStream.range(0, bytes.length)
                .filter(id -> bytes[id] != null && bytes[id].length > 0 && bytes[id].length <= MAXIMUM_LENGTH)
                .boxed()
                .sorted(Comparator.comparing((Integer id) -> bytes[id], Arrays::compareUnsigned)
                        .thenComparing(Comparator.naturalOrder()))
                .mapToInt(Integer::intValue)
                .toArray();
        long nodes = 1;
        for (int id : ids) {
            nodes += bytes[id].length;
        }
        if (nodes > MAXIMUM_NODES) {
            throw new ConfigException("constraints need the bytes of all tokens, and these have " + nodes
                    + "; expected at most " + MAXIMUM_NODES);
        }
        TokenTrieBuilder builder = new TokenTrieBuilder((int) nodes, ids);
        for (int id : ids) {
            builder.add(bytes[id]);
        }
        builder.finish();
        return new TokenTrie(bytes, builder);
    }

    /** This trie with those tokens only that are kept; itself where all are. */
    TokenTrie keeping(IntPredicate kept) {
        if (IntStream.of(tokens).allMatch(kept)) {
            return this;
        }
        byte[][] bytes = new byte[bytesOfTokens.length][];
        for (int token : tokens) {
            bytes[token] = kept.test(token) ? bytesOfTokens[token] : null;
        }
        return of(bytes);
    }

    /** The text of a token; null where it is not in the trie. Not to be changed. */
    byte[] bytes(int token) {
        byte[] bytes = token < 0 || token >= bytesOfTokens.length ? null : bytesOfTokens[token];
        return bytes == null || bytes.length == 0 || bytes.length > MAXIMUM_LENGTH ? null : bytes;
    }

    /** Ids of all tokens, in the order of their bytes. Not to be changed. */
    int[] tokens() {
        return tokens;
    }

    /** Bytes of the longest token. */
    int longest() {
        return longest;
    }

    int nodes() {
        return labels.length;
    }

    int label(int node) {
        return labels[node] & 0xFF;
    }

    /** Bytes from the root to the node. */
    int depth(int node) {
        return depths[node];
    }

    /** The first node behind those below {@code node}. */
    int next(int node) {
        return nexts[node];
    }

    /** Sets the bits of the tokens that end at the node. */
    void mark(int node, long[] mask) {
        for (int index = firstTokens[node]; index < firstTokens[node + 1]; index++) {
            mask[tokens[index] >> 6] |= 1L << tokens[index];
        }
    }

    /** The longest token that a text begins with at {@code start}, the lowest id among equal ones; -1 where there is none. */
    int longestAt(byte[] text, int start) {
        int found = -1;
        int node = 0;
        for (int position = start; position < text.length; position++) {
            node = child(node, text[position] & 0xFF);
            if (node < 0) {
                break;
            }
            found = firstTokens[node] < firstTokens[node + 1] ? tokens[firstTokens[node]] : found;
        }
        return found;
    }

    /** The node that a byte leads to, or -1. */
    private int child(int node, int label) {
        for (int child = node + 1; child < nexts[node]; child = nexts[child]) {
            if (label(child) == label) {
                return child;
            }
        }
        return -1;
    }
}
