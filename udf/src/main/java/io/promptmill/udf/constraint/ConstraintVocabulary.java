package io.promptmill.udf.constraint;

import java.util.Objects;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * What constraints have to know of a model's tokens. Immutable and thread-safe.
 *
 * <p>End tokens are taken out of the tries: they end a completion and never are text. Where the vocabulary cannot go on from
 * every part of a character, because one of the bytes 80 to BF is no token, tokens that are not whole characters are taken out,
 * too.
 *
 * @param size ids in all, those without text included
 * @param tokens by the bytes that they add to a text
 * @param firstTokens by the bytes that they add where they begin a text; the same object where that makes no difference
 * @param endTokens that end a completion
 */
public record ConstraintVocabulary(int size, TokenTrie tokens, TokenTrie firstTokens, Set<Integer> endTokens) {
    public ConstraintVocabulary {
        endTokens = Set.copyOf(endTokens);
        boolean same = tokens == firstTokens;
        boolean continued = SpelledCharacters.spellsContinuations(tokens);
        tokens = usable(tokens, endTokens, continued, size);
        firstTokens = same ? tokens : usable(firstTokens, endTokens, continued, size);
        for (int token : endTokens) {
            Objects.checkIndex(token, size);
        }
    }

    private static TokenTrie usable(TokenTrie trie, Set<Integer> endTokens, boolean continued, int size) {
        IntPredicate whole = token -> continued || Utf8Bytes.characters(trie.bytes(token)) >= 0;
        return trie.keeping(token -> !endTokens.contains(token) && whole.test(Objects.checkIndex(token, size)));
    }

    /** Words of 64 bits in a mask. */
    int maskWords() {
        return (size + 63) >> 6;
    }
}
