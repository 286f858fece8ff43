package io.promptmill.udf.constraint;

import static io.promptmill.udf.constraint.Expression.sequence;
import static io.promptmill.udf.constraint.Expression.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.apache.lucene.util.automaton.Automata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Long counted repetitions. */
class CountedConstraintTest {
    private static final ConstraintVocabulary VOCABULARY =
            TestVocabulary.withBytes("aa", "aaaa", "ab", "é", "aé", "a\"", "\"", "a".repeat(16));
    private static final Expression ANY = new Expression.Regular(Automata.makeCharRange('#', Character.MAX_CODE_POINT));
    private static final Expression LETTERS = new Expression.Repetition(
            new Expression.Regular(Automata.makeCharRange('a', 'b')), 1, Expression.UNBOUNDED);

    @Test
    void aStringOfManyCharactersHasFewMasks() {
        Constraint constraint = quoted(ANY, 0, 1000);
        Set<long[]> masks = Collections.newSetFromMap(new IdentityHashMap<>());
        ConstraintState state = constraint.start(false).after(bytes("\""));
        for (int position = 0; position <= 1000; position++) {
            masks.add(state.mask());
            ConstraintState next = state.after(bytes("a"));
            assertEquals(position < 1000, next != null);
            state = next == null ? state : next;
        }
        assertTrue(masks.size() <= VOCABULARY.tokens().longest() + 3, masks.size() + " masks");
        assertEquals(1, state.closingBytes());
    }

    @ParameterizedTest
    @CsvSource({
        "0, 999",
        "1000, 1000",
        "999, 1001",
        "0, 20001",
        "30000, 30000",
        "12345, 70001",
        "70001, 2147483647",
        "0, 2147483646",
        "3, 100000000"
    })
    void countsExactly(int least, int most) {
        for (Expression body : new Expression[] {ANY, text("ab"), Expression.choice(text("a"), text("ba"))}) {
            Constraint constraint = quoted(body, least, most);
            String once = body == ANY ? "é" : body instanceof Expression.Choice ? "ba" : "ab";
            ConstraintState state = constraint.start(false).after(bytes("\"" + once.repeat(Math.max(least - 1, 0))));
            assertEquals(least == 0, state.after(bytes("\"")) != null);
            state = state.after(bytes(least == 0 ? "" : once));
            assertNotNull(state.after(bytes("\"")));
            if (most - least < 200_000 && most < 200_000) {
                state = state.after(bytes(once.repeat(most - least)));
                assertTrue(state.after(bytes("\"")).mustEnd());
                assertNull(state.after(bytes(once)));
            } else {
                assertNotNull(state.after(bytes(once.repeat(1000) + "\"")));
            }
        }
    }

    @Test
    void countsPartsWithoutAnEndOfTheirOwn() {
        Constraint constraint = quoted(LETTERS, 5, 9_000);
        assertNull(constraint.start(false).after(bytes("\"aaaa\"")));
        assertTrue(constraint.start(false).after(bytes("\"aaaaa\"")).mustEnd());
        assertTrue(constraint
                .start(false)
                .after(bytes("\"" + "ab".repeat(300) + "\""))
                .mustEnd());
    }

    @Test
    void masksAtTheEdgesOfCountsAllowWhatTheBytesAllow() {
        Constraint constraint = quoted(ANY, 10, 50_000);
        ConstraintState state = constraint.start(false).after(bytes("\""));
        for (int position = 0; position < 50_000; position++) {
            if (position < 20 || position > 49_950 || position % 97 == 0) {
                for (int token = 0; token < VOCABULARY.size(); token++) {
                    boolean allowed = (state.mask()[token >> 6] >>> token & 1) != 0;
                    assertEquals(state.allows(token), allowed, position + ": " + token);
                }
            }
            state = state.after(bytes("a"));
        }
        assertNull(state.after(bytes("a")));
    }

    @Test
    void countsNothingOnceWhereThePartIsEmpty() {
        Constraint constraint = quoted(new Expression.Repetition(text("a"), 0, 1), 1_000_000, 2_000_000);
        assertTrue(constraint.start(false).after(bytes("\"\"")).mustEnd());
        assertTrue(constraint.start(false).after(bytes("\"aaa\"")).mustEnd());
    }

    @ParameterizedTest
    @CsvSource({"20, 3000", "300, 1000"})
    void choosesAmongThousands(int length, int count) {
        Random random = new Random(1);
        List<String> texts = new ArrayList<>();
        for (int text = 0; text < count; text++) {
            StringBuilder letters = new StringBuilder();
            random.ints(length, 'a', 'z' + 1).forEach(letter -> letters.append((char) letter));
            texts.add(letters.toString());
        }
        Expression choice =
                new Expression.Choice(texts.stream().map(Expression::text).toList());
        Constraint constraint = quoted(choice, 1, 1);
        for (String text : texts) {
            ConstraintState end = constraint.start(false).after(bytes("\"" + text + "\""));
            assertTrue(end != null && end.mustEnd(), text);
            assertNull(constraint.start(false).after(bytes("\"" + text.substring(1) + "\"")));
        }
    }

    private static Constraint quoted(Expression body, int least, int most) {
        Expression repetition = new Expression.Repetition(body, least, most);
        return Constraint.compile(Grammar.of("test", sequence(text("\""), repetition, text("\""))), VOCABULARY);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
