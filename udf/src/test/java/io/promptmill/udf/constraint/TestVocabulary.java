package io.promptmill.udf.constraint;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Vocabularies for tests: token 0 ends a completion. */
final class TestVocabulary {
    private TestVocabulary() {}

    /** All single bytes, and some texts. */
    static ConstraintVocabulary withBytes(String... texts) {
        List<byte[]> tokens = new ArrayList<>();
        for (int value = 0; value < 256; value++) {
            tokens.add(new byte[] {(byte) value});
        }
        for (String text : texts) {
            tokens.add(text.getBytes(StandardCharsets.UTF_8));
        }
        return of(tokens);
    }

    static ConstraintVocabulary of(List<byte[]> tokens) {
        TokenTrie trie = TokenTrie.of(withEnd(tokens));
        return new ConstraintVocabulary(tokens.size() + 1, trie, trie, Set.of(0));
    }

    static byte[][] withEnd(List<byte[]> tokens) {
        byte[][] bytes = new byte[tokens.size() + 1][];
        for (int token = 0; token < tokens.size(); token++) {
            bytes[token + 1] = tokens.get(token);
        }
        return bytes;
    }
}
