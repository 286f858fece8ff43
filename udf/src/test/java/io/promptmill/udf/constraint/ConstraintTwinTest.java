package io.promptmill.udf.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Masks of random grammars against all of their short texts. */
class ConstraintTwinTest {
    private static final int MOST = 7;

    @Test
    void masksAgreeWithTheTextsOfRandomGrammars() {
        int compiled = 0;
        int longTexts = 0;
        for (int seed = 0; seed < 800; seed++) {
            RandomGrammars grammars = new RandomGrammars(seed);
            Grammar grammar = grammars.next();
            ConstraintVocabulary vocabulary = vocabulary(seed, grammars);
            Set<String> texts = GrammarTexts.of(grammar, MOST);
            Constraint constraint;
            try {
                constraint = Constraint.compile(grammar, vocabulary);
            } catch (ConfigException e) {
                assertTrue(
                        e.getMessage().contains("begins with itself") || texts.isEmpty(), seed + ": " + e.getMessage());
                continue;
            }
            compiled++;
            longTexts += texts.stream().anyMatch(text -> text.length() > 3) ? 1 : 0;
            new Check(constraint, vocabulary, texts, "seed " + seed).run(new Random(seed));
        }
        assertTrue(compiled > 500 && longTexts > 120, compiled + " compiled, " + longTexts + " with long texts");
    }

    /** Every byte of the characters, and texts and parts of texts, among them parts of characters. */
    private static ConstraintVocabulary vocabulary(long seed, RandomGrammars grammars) {
        Random random = new Random(seed);
        List<byte[]> tokens = new ArrayList<>();
        for (int value = 0; value < 256; value++) {
            tokens.add(new byte[] {(byte) value});
        }
        for (int token = 0; token < 20; token++) {
            byte[] text = grammars.text(1 + random.nextInt(4)).getBytes(StandardCharsets.UTF_8);
            int start = random.nextInt(text.length);
            tokens.add(Arrays.copyOfRange(text, start, start + 1 + random.nextInt(text.length - start)));
        }
        return TestVocabulary.of(tokens);
    }

    private record Check(Constraint constraint, ConstraintVocabulary vocabulary, Set<String> texts, String name) {

        void run(Random random) {
            List<String> list = List.copyOf(texts);
            for (int count = 0; count < 20 && !list.isEmpty(); count++) {
                follow(list.get(random.nextInt(list.size())), random);
            }
            for (int count = 0; count < 5; count++) {
                wander(random);
            }
            for (int count = 0; count < 20; count++) {
                String text = GrammarTexts.bytes(new RandomGrammars(random.nextLong()).text(random.nextInt(5)));
                ConstraintState end = constraint.start(false).after(bytes(text));
                boolean whole = end != null && end.mayEnd();
                assertEquals(texts.contains(text), text.length() <= MOST && whole, name + ": " + text);
            }
        }

        /** A text of the grammar may be written, by whatever tokens. */
        private void follow(String text, Random random) {
            byte[] bytes = bytes(text);
            ConstraintState state = constraint.start(false);
            int position = 0;
            while (position < bytes.length) {
                int token = next(bytes, position, random);
                assertTrue(state.allows(token) && allowed(state.mask(), token), name + ": " + text + " at " + position);
                state = state.after(token);
                position += vocabulary.tokens().bytes(token).length;
            }
            assertTrue(state.mayEnd() && allowed(state.mask(), 0), name + ": " + text);
        }

        private int next(byte[] bytes, int position, Random random) {
            int[] tokens = vocabulary.tokens().tokens();
            List<Integer> fitting = Arrays.stream(tokens)
                    .filter(token ->
                            matches(bytes, position, vocabulary.tokens().bytes(token)))
                    .boxed()
                    .toList();
            return fitting.get(random.nextInt(fitting.size()));
        }

        /** Any tokens of the masks lead to texts of the grammar. */
        private void wander(Random random) {
            ConstraintState state = constraint.start(false);
            StringBuilder spelled = new StringBuilder();
            for (int step = 0; step < 12; step++) {
                checkState(state, spelled.toString());
                List<Integer> tokens = textTokens(state.mask());
                if (tokens.isEmpty()) {
                    return;
                }
                int token = tokens.get(random.nextInt(tokens.size()));
                state = state.after(token);
                spelled.append(latin(vocabulary.tokens().bytes(token)));
            }
        }

        private void checkState(ConstraintState state, String spelled) {
            long[] mask = state.mask();
            for (int token = 0; token < vocabulary.size(); token++) {
                assertEquals(
                        allowed(mask, token), state.allows(token), name + ": token " + token + " after " + spelled);
            }
            List<Integer> tokens = textTokens(mask);
            assertEquals(state.mustEnd(), tokens.isEmpty(), name);
            assertEquals(state.mayEnd(), allowed(mask, 0), name);
            checkForced(state, mask);
            checkClosing(state, spelled);
        }

        private void checkForced(ConstraintState state, long[] mask) {
            byte[] forced = state.forced();
            List<Integer> firstBytes = textTokens(mask).stream()
                    .map(token -> vocabulary.tokens().bytes(token)[0] & 0xFF)
                    .distinct()
                    .toList();
            boolean oneWay = !state.mayEnd() && firstBytes.size() == 1;
            assertEquals(oneWay, forced.length > 0, name);
            if (oneWay) {
                assertEquals(firstBytes.get(0), forced[0] & 0xFF, name);
                assertNotNull(state.after(forced), name);
            }
        }

        private void checkClosing(ConstraintState state, String spelled) {
            int[] closing = state.closing();
            assertTrue(closing.length <= state.closingBytes(), name);
            assertEquals(state.mayEnd(), closing.length == 0, name);
            ConstraintState end = state;
            StringBuilder text = new StringBuilder(spelled);
            for (int token : closing) {
                end = end.after(token);
                text.append(latin(vocabulary.tokens().bytes(token)));
            }
            assertTrue(end.mayEnd(), name);
            assertEquals(spelled.length() + state.closingBytes(), text.length(), name);
            if (text.length() <= MOST) {
                assertTrue(texts.contains(text.toString()), name + ": " + text);
                int shortest = texts.stream()
                        .filter(other -> other.startsWith(spelled))
                        .mapToInt(String::length)
                        .min()
                        .orElseThrow();
                assertEquals(shortest, text.length(), name + ": " + text);
            }
        }

        private List<Integer> textTokens(long[] mask) {
            return Arrays.stream(vocabulary.tokens().tokens())
                    .filter(token -> allowed(mask, token))
                    .boxed()
                    .toList();
        }

        private static boolean allowed(long[] mask, int token) {
            return (mask[token >> 6] >>> token & 1) != 0;
        }

        private static boolean matches(byte[] bytes, int position, byte[] token) {
            return position + token.length <= bytes.length
                    && Arrays.equals(bytes, position, position + token.length, token, 0, token.length);
        }

        private static byte[] bytes(String text) {
            return text.getBytes(StandardCharsets.ISO_8859_1);
        }

        private static String latin(byte[] bytes) {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }
}
