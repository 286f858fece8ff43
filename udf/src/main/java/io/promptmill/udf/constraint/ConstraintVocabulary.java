package io.promptmill.udf.constraint;

import java.util.Set;

/**
 * What constraints have to know of a model's tokens.
 *
 * @param size ids in all, those without text included
 * @param tokens by the bytes that they add to a text
 * @param firstTokens by the bytes that they add where they begin a text; the same object where that makes no difference
 * @param endTokens that end a completion
 */
public record ConstraintVocabulary(int size, TokenTrie tokens, TokenTrie firstTokens, Set<Integer> endTokens) {
    public ConstraintVocabulary {
        endTokens = Set.copyOf(endTokens);
    }
}
