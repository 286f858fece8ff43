package io.promptmill.udf.constraint;

import java.util.Arrays;

/** Lays out a {@link TokenTrie} from texts in ascending order of their unsigned bytes. Not thread-safe. */
final class TokenTrieBuilder {
    private final int[] tokens;
    private final byte[] labels;
    private final short[] depths;
    private final int[] nexts;
    private final int[] firstTokens;
    /** The nodes from the root to the last one, by depth. */
    private final int[] path = new int[TokenTrie.MAXIMUM_LENGTH + 1];

    private byte[] previous = new byte[0];
    private int nodes = 1;
    private int added;
    private int longest;

    /**
     * @param capacity nodes at most, the root included
     * @param tokens in the order in which they are added
     */
    TokenTrieBuilder(int capacity, int[] tokens) {
        this.tokens = tokens;
        this.labels = new byte[capacity];
        this.depths = new short[capacity];
        this.nexts = new int[capacity];
        this.firstTokens = new int[capacity + 1];
    }

    /** Adds the text of the next token. */
    void add(byte[] text) {
        int mismatch = Arrays.mismatch(previous, text);
        int common = mismatch < 0 ? text.length : mismatch;
        close(common);
        for (int depth = common + 1; depth <= text.length; depth++) {
            path[depth] = nodes;
            labels[nodes] = text[depth - 1];
            depths[nodes] = (short) depth;
            firstTokens[nodes++] = added;
        }
        added++;
        longest = Math.max(longest, text.length);
        previous = text;
    }

    void finish() {
        close(-1);
        firstTokens[nodes] = added;
    }

    /** No more nodes come below those of the last text that are deeper than {@code depth}. */
    private void close(int depth) {
        for (int open = previous.length; open > depth; open--) {
            nexts[path[open]] = nodes;
        }
    }

    byte[] labels() {
        return Arrays.copyOf(labels, nodes);
    }

    short[] depths() {
        return Arrays.copyOf(depths, nodes);
    }

    int[] nexts() {
        return Arrays.copyOf(nexts, nodes);
    }

    int[] firstTokens() {
        return Arrays.copyOf(firstTokens, nodes + 1);
    }

    int[] tokens() {
        return tokens;
    }

    int longest() {
        return longest;
    }
}
