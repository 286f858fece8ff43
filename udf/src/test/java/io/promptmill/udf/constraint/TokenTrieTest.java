package io.promptmill.udf.constraint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TokenTrieTest {
    @Test
    void nodesAreAllBeginningsOfTokensInTheOrderOfTheirBytes() {
        Random random = new Random(1);
        byte[][] tokens = new byte[300][];
        TreeSet<String> beginnings = new TreeSet<>();
        for (int token = 0; token < tokens.length; token++) {
            tokens[token] = token % 7 == 0 ? null : new byte[random.nextInt(6)];
            for (int index = 0; token % 7 != 0 && index < tokens[token].length; index++) {
                tokens[token][index] = (byte) (random.nextInt(3) * 100);
                beginnings.add(new String(tokens[token], 0, index + 1, StandardCharsets.ISO_8859_1));
            }
        }
        TokenTrie trie = TokenTrie.of(tokens);
        assertEquals(beginnings.size() + 1, trie.nodes());
        StringBuilder path = new StringBuilder();
        List<String> found = new ArrayList<>();
        Map<String, BitSet> marked = new HashMap<>();
        for (int node = 1; node < trie.nodes(); node++) {
            path.setLength(trie.depth(node) - 1);
            path.append((char) trie.label(node));
            found.add(path.toString());
            long[] mask = new long[5];
            trie.mark(node, mask);
            marked.put(path.toString(), BitSet.valueOf(mask));
            int next = node + 1;
            while (next < trie.nodes() && trie.depth(next) > trie.depth(node)) {
                next++;
            }
            assertEquals(next, trie.next(node), path.toString());
        }
        assertEquals(List.copyOf(beginnings), found);
        for (int token = 0; token < tokens.length; token++) {
            boolean text = tokens[token] != null && tokens[token].length > 0;
            assertSame(text ? tokens[token] : null, trie.bytes(token));
            if (text) {
                String spelled = new String(tokens[token], StandardCharsets.ISO_8859_1);
                assertEquals(true, marked.get(spelled).get(token), spelled);
            }
        }
        assertEquals(
                trie.tokens().length,
                marked.values().stream().mapToInt(BitSet::cardinality).sum());
    }

    @Test
    void findsTheLongestTokenAndTheLowestIdAmongEqualOnes() {
        TokenTrie trie = trie("abc", "a", "ab", "ab", "b");
        assertEquals(2, trie.longestAt(bytes("xabx"), 1));
        assertEquals(0, trie.longestAt(bytes("abcd"), 0));
        assertEquals(4, trie.longestAt(bytes("abb"), 2));
        assertEquals(-1, trie.longestAt(bytes("xab"), 0));
        assertEquals(3, trie.longest());
    }

    @Test
    void leavesOutTokensThatAreLongerThanAnyThatIsOfUse() {
        TokenTrie trie = trie("a".repeat(256), "a".repeat(257));
        assertArrayEquals(new int[] {0}, trie.tokens());
        assertNull(trie.bytes(1));
        assertEquals(257, trie.nodes());
    }

    @Test
    void isEmptyWithoutTexts() {
        TokenTrie trie = TokenTrie.of(new byte[][] {null, {}});
        assertEquals(1, trie.nodes());
        assertEquals(1, trie.next(0));
    }

    private static TokenTrie trie(String... texts) {
        byte[][] tokens = new byte[texts.length][];
        for (int token = 0; token < texts.length; token++) {
            tokens[token] = bytes(texts[token]);
        }
        return TokenTrie.of(tokens);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
