package io.promptmill.udf.constraint;

import static io.promptmill.udf.constraint.Expression.choice;
import static io.promptmill.udf.constraint.Expression.optional;
import static io.promptmill.udf.constraint.Expression.sequence;
import static io.promptmill.udf.constraint.Expression.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Operations;
import org.junit.jupiter.api.Test;

/** The grammar of JSON values, whose rules call one another. */
class RecursiveConstraintTest {
    private static final ConstraintVocabulary VOCABULARY = TestVocabulary.withBytes(
            "{\"", "}]", "\":", "\":\"", "\",", "\",\"", "\"}", "}}", "]]", "},{", "],[", "\"}]}", "true", "null",
            "fal", "se,", "12", "0.", "e+", "hello", " world", "\\u00", "\\n", "né", "€", "日本", "日", "😀", "\"a\":",
            "[[", "[{\"", "},");
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void everyWalkOverMasksIsJson() throws IOException {
        Constraint constraint = Constraint.compile(json(), VOCABULARY);
        int longTexts = 0;
        for (int seed = 0; seed < 1000; seed++) {
            byte[] text = walk(constraint, new Random(seed), 60);
            assertNotNull(JSON.readTree(text), new String(text, StandardCharsets.UTF_8));
            longTexts += text.length > 60 ? 1 : 0;
        }
        assertTrue(longTexts > 100, longTexts + " long texts");
    }

    private static byte[] walk(Constraint constraint, Random random, int steps) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        ConstraintState state = constraint.start(false);
        for (int step = 0; step < steps && !state.mustEnd(); step++) {
            BitSet mask = BitSet.valueOf(state.mask());
            assertEquals(state.mayEnd(), mask.get(0));
            for (int token = 0; token < VOCABULARY.size(); token++) {
                assertEquals(state.allows(token), mask.get(token), text + ": token " + token);
            }
            mask.clear(0);
            assertFalse(mask.isEmpty());
            int[] tokens = mask.stream().toArray();
            int token = tokens[random.nextInt(tokens.length)];
            text.writeBytes(VOCABULARY.tokens().bytes(token));
            state = state.after(token);
        }
        for (int token : state.closing()) {
            text.writeBytes(VOCABULARY.tokens().bytes(token));
            state = state.after(token);
        }
        assertTrue(state.mayEnd());
        return text.toByteArray();
    }

    @Test
    void takesJsonAndNothingElse() {
        Constraint constraint = Constraint.compile(json(), VOCABULARY);
        for (String text : List.of("{}", "[]", "[1,-2.5e+3,\"x\\u00e9\\n\",{\"a\":[true,null]}]", "\"né😀\"", "0")) {
            ConstraintState state = constraint.start(false).after(bytes(text));
            assertTrue(state != null && state.mayEnd(), text);
        }
        for (String text : List.of("{]", "[1,]", "{\"a\"}", "01", "\"\n", "\"\\x", "nul1", "]")) {
            assertNull(constraint.start(false).after(bytes(text)), text);
        }
    }

    @Test
    void nestsThousandsDeepAndEndsWithAsManyBytesAsAreOpen() {
        Constraint constraint = Constraint.compile(json(), VOCABULARY);
        ConstraintState state = constraint.start(false).after(bytes("[{\"a\":".repeat(10_000)));
        assertEquals(20_001, state.closingBytes());
        ConstraintState end = state;
        for (int token : state.closing()) {
            end = end.after(token);
        }
        assertTrue(end.mustEnd());
        assertTrue(state.closing().length < 20_001);
    }

    @Test
    void masksAreTheSameObjectInTheSameContextAndAtEveryDepthTheSameTokens() {
        Constraint constraint = Constraint.compile(json(), VOCABULARY);
        ConstraintState string = constraint.start(false).after(bytes("[\"ab"));
        assertSame(string.mask(), string.after(bytes("cd \\n")).mask());
        assertSame(string.mask(), constraint.start(false).after(bytes("[1,\"")).mask());
        ConstraintState deeper = constraint.start(false).after(bytes("[[[[\"ab"));
        assertArrayEquals(constraint.start(false).after(bytes("[[[\"ab")).mask(), deeper.mask());
    }

    @Test
    void manyThreadsSeeTheSameMasks() throws InterruptedException, ExecutionException {
        List<List<Integer>> expected = new ArrayList<>();
        Constraint alone = Constraint.compile(json(), VOCABULARY);
        for (int seed = 0; seed < 100; seed++) {
            expected.add(hashes(alone, seed));
        }
        Constraint shared = Constraint.compile(json(), VOCABULARY);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<List<Integer>>> found = new ArrayList<>();
            for (int seed = 0; seed < 100; seed++) {
                int own = seed;
                found.add(threads.submit(() -> hashes(shared, own)));
            }
            for (int seed = 0; seed < 100; seed++) {
                assertEquals(expected.get(seed), found.get(seed).get());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static List<Integer> hashes(Constraint constraint, int seed) {
        Random random = new Random(seed);
        List<Integer> hashes = new ArrayList<>();
        ConstraintState state = constraint.start(false);
        for (int step = 0; step < 40 && !state.mustEnd(); step++) {
            BitSet mask = BitSet.valueOf(state.mask());
            hashes.add(mask.hashCode());
            mask.clear(0);
            int[] tokens = mask.stream().toArray();
            state = state.after(tokens[random.nextInt(tokens.length)]);
        }
        return hashes;
    }

    static Grammar json() {
        Map<String, Expression> rules = new LinkedHashMap<>();
        rules.put(
                "value",
                choice(
                        rule("object"),
                        rule("array"),
                        rule("string"),
                        rule("number"),
                        text("true"),
                        text("false"),
                        text("null")));
        rules.put("object", sequence(text("{"), listOf(sequence(rule("string"), text(":"), rule("value"))), text("}")));
        rules.put("array", sequence(text("["), listOf(rule("value")), text("]")));
        Expression hexadecimal = choice(range('0', '9'), range('a', 'f'), range('A', 'F'));
        Expression plain = new Expression.Regular(Operations.minus(
                Automata.makeCharRange(' ', Character.MAX_CODE_POINT),
                Operations.union(Automata.makeChar('"'), Automata.makeChar('\\')),
                1000));
        Expression letter =
                choice(text("\""), text("\\"), text("/"), text("b"), text("f"), text("n"), text("r"), text("t"));
        Expression code = sequence(text("u00"), new Expression.Repetition(hexadecimal, 2, 2));
        Expression character = choice(plain, sequence(text("\\"), choice(letter, code)));
        rules.put("string", sequence(text("\""), any(character), text("\"")));
        Expression digits = new Expression.Repetition(range('0', '9'), 1, Expression.UNBOUNDED);
        rules.put(
                "number",
                sequence(
                        optional(text("-")),
                        choice(text("0"), sequence(range('1', '9'), any(range('0', '9')))),
                        optional(sequence(text("."), digits)),
                        optional(sequence(text("e"), optional(choice(text("+"), text("-"))), digits))));
        return new Grammar("test", rules, "value");
    }

    private static Expression listOf(Expression element) {
        return optional(sequence(element, any(sequence(text(","), element))));
    }

    private static Expression any(Expression part) {
        return new Expression.Repetition(part, 0, Expression.UNBOUNDED);
    }

    private static Expression range(char first, char last) {
        return new Expression.Regular(Automata.makeCharRange(first, last));
    }

    private static Expression rule(String name) {
        return new Expression.Reference(name);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
