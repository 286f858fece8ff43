package io.promptmill.udf.constraint;

import static io.promptmill.udf.constraint.Expression.choice;
import static io.promptmill.udf.constraint.Expression.sequence;
import static io.promptmill.udf.constraint.Expression.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.apache.lucene.util.automaton.Automata;
import org.junit.jupiter.api.Test;

/** Vocabularies that do not spell every byte, and first tokens that are read differently. */
class VocabularyGapsTest {
    private static final Expression LETTERS = new Expression.Repetition(
            new Expression.Regular(Automata.makeCharRange(0, Character.MAX_CODE_POINT)), 2, 6);

    @Test
    void textsConsistOfCharactersThatTokensSpell() {
        ConstraintVocabulary vocabulary =
                TestVocabulary.of(tokens("a", "é", "ab", "x€", new byte[] {(byte) 0xE2}, "日"));
        Constraint constraint = Constraint.compile(Grammar.of("test", LETTERS), vocabulary);
        Set<Integer> seen = walks(constraint, vocabulary);
        assertEquals(Set.of(1, 2, 6), seen);
    }

    @Test
    void partsOfCharactersAreAllowedWhereEveryCharacterCanBeEnded() {
        List<byte[]> tokens =
                new ArrayList<>(tokens("a", new byte[] {(byte) 0xE2}, "€", new byte[] {'a', (byte) 0xE2, (byte) 0x82}));
        for (int value = 0x80; value < 0xC0; value++) {
            tokens.add(new byte[] {(byte) value});
        }
        ConstraintVocabulary vocabulary = TestVocabulary.of(tokens);
        Constraint constraint = Constraint.compile(Grammar.of("test", LETTERS), vocabulary);
        assertEquals(tokens.size(), walks(constraint, vocabulary).size());
    }

    /** The tokens of random walks, whose texts are whole characters. */
    private static Set<Integer> walks(Constraint constraint, ConstraintVocabulary vocabulary) {
        BitSet seen = new BitSet();
        for (int seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            ConstraintState state = constraint.start(false);
            while (!state.mustEnd()) {
                BitSet mask = BitSet.valueOf(state.mask());
                mask.clear(0);
                assertFalse(mask.isEmpty());
                int[] tokens = mask.stream().toArray();
                int token = tokens[random.nextInt(tokens.length)];
                seen.set(token);
                ConstraintState end = state;
                for (int closing : state.closing()) {
                    end = end.after(closing);
                }
                assertTrue(end.mayEnd());
                state = state.after(token);
            }
        }
        return Set.copyOf(seen.stream().boxed().toList());
    }

    @Test
    void refusesGrammarsThatNoTokensSpell() {
        ConstraintVocabulary vocabulary = TestVocabulary.of(tokens("a", "b", "{a"));
        ConfigException refusal = assertThrows(
                ConfigException.class, () -> Constraint.compile(Grammar.of("test", text("{a}")), vocabulary));
        assertTrue(refusal.getMessage().contains("cannot spell"), refusal.getMessage());
        Constraint constraint = Constraint.compile(Grammar.of("test", choice(text("{a}"), text("ab"))), vocabulary);
        assertEquals("ab", new String(constraint.start(false).forced(), StandardCharsets.UTF_8));
    }

    @Test
    void endTokensAreNeverText() {
        TokenTrie trie = TokenTrie.of(tokens("a", "b", "<end>").toArray(new byte[0][]));
        ConstraintVocabulary vocabulary = new ConstraintVocabulary(4, trie, trie, Set.of(1, 2));
        Expression end = sequence(text("a"), choice(text("a"), text("b"), text("<end>")));
        ConstraintState state =
                Constraint.compile(Grammar.of("test", end), vocabulary).start(false);
        assertArrayEquals(new long[] {1}, state.mask());
        state = state.after(0);
        assertArrayEquals(new long[] {1}, state.mask());
        assertFalse(state.allows(1));
        state = state.after(0);
        assertArrayEquals(new long[] {0b110}, state.mask());
        assertTrue(state.allows(1) && state.allows(2) && !state.allows(0) && !state.allows(3));
        ConstraintState last = state;
        assertThrows(IllegalArgumentException.class, () -> last.after(1));
        assertTrue(state.mustEnd());
    }

    @Test
    void theFirstTokenIsReadAsTheBeginningOfAText() {
        List<byte[]> later = tokens(" yes", "yes", " no", "y", "e", "s", "n", "o", " ");
        List<byte[]> first = tokens("yes", "yes", "no", "y", "e", "s", "n", "o", "");
        ConstraintVocabulary vocabulary = new ConstraintVocabulary(
                10,
                TokenTrie.of(TestVocabulary.withEnd(later)),
                TokenTrie.of(TestVocabulary.withEnd(first)),
                Set.of(0));
        Constraint constraint =
                Constraint.compile(Grammar.of("test", choice(text("yes"), text("no"), text("no yes"))), vocabulary);
        ConstraintState begin = constraint.start(true);
        assertEquals(Set.of(1, 2, 3, 4, 7), bits(begin.mask()));
        assertEquals(Set.of(2, 4, 7), bits(constraint.start(false).mask()));
        assertTrue(begin.allows(1) && !constraint.start(false).allows(1));
        assertArrayEquals(new int[] {3}, begin.closing());
        ConstraintState no = begin.after(3);
        assertEquals(Set.of(0, 1, 9), bits(no.mask()));
        assertTrue(no.after(1).mustEnd());
        assertEquals(Set.of(1, 2, 3, 4, 7), bits(begin.after(new byte[0]).mask()));
        assertEquals(
                Set.of(5),
                bits(begin.after("y".getBytes(StandardCharsets.UTF_8)).mask()));
    }

    @Test
    void closesByAnotherWayWhereNoFirstTokenBeginsTheShortestOne() {
        List<byte[]> later = tokens("a", "b", "c");
        List<byte[]> first = tokens("", "", "c");
        ConstraintVocabulary vocabulary = new ConstraintVocabulary(
                4, TokenTrie.of(TestVocabulary.withEnd(later)), TokenTrie.of(TestVocabulary.withEnd(first)), Set.of(0));
        Constraint constraint = Constraint.compile(Grammar.of("test", choice(text("a"), text("cab"))), vocabulary);
        assertArrayEquals(new int[] {3, 1, 2}, constraint.start(true).closing());
        assertEquals(3, constraint.start(true).closingBytes());
        assertEquals(1, constraint.start(false).closingBytes());
        assertThrows(ConfigException.class, () -> Constraint.compile(Grammar.of("test", text("ab")), vocabulary));
    }

    private static Set<Integer> bits(long[] mask) {
        return Set.copyOf(BitSet.valueOf(mask).stream().boxed().toList());
    }

    private static List<byte[]> tokens(Object... tokens) {
        List<byte[]> bytes = new ArrayList<>();
        for (Object token : tokens) {
            bytes.add(token instanceof String text ? text.getBytes(StandardCharsets.UTF_8) : (byte[]) token);
        }
        return bytes;
    }
}
