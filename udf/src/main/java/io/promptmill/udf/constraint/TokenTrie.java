package io.promptmill.udf.constraint;

/**
 * The tokens of a vocabulary by their bytes, as a trie in one array in the order of a depth-first walk. Tokens without bytes
 * are not in it. Immutable and thread-safe.
 */
public final class TokenTrie {
    private TokenTrie() {}

    /**
     * @param bytes by token id, null or empty for a token without text
     */
    public static TokenTrie of(byte[][] bytes) {
        throw new UnsupportedOperationException();
    }
}
