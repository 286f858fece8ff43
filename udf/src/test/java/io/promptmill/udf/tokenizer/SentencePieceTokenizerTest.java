package io.promptmill.udf.tokenizer;

import static io.promptmill.udf.tokenizer.TestVocabulary.decode;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SentencePieceTokenizerTest {
    private static final char SHIELD = '\u2060';
    private static final String[] PIECES = {
        "\u2581",
        "a",
        "b",
        "c",
        "\u00E9",
        "\u2581a",
        "ab",
        "\u2581ab",
        "abc",
        "bc",
        "\u2581\u2581",
        "\u2581\u2581\u2581\u2581",
        "a\u2581",
        "ba",
        "aa",
        "aaaa",
        "cab",
        "\u2581b",
        "\u00E9a",
        "\uD83D\uDE42b",
        "b\uD83D\uDE42b"
    };

    private static TestVocabulary vocabulary() {
        TestVocabulary vocabulary = TestVocabulary.sentencePiece();
        for (int index = 0; index < PIECES.length; index++) {
            // Scores repeat, so that ties are decided too.
            vocabulary.add(PIECES[index], 1, -(index * 7 % 5));
        }
        return vocabulary;
    }

    /** The definition at its plainest: the whole text at once, the best pair searched anew each time. */
    private static List<Integer> byDefinition(TestVocabulary vocabulary, String text) {
        List<String> symbols = new ArrayList<>();
        text.codePoints().forEach(codePoint -> symbols.add(Character.toString(codePoint)));
        while (true) {
            int best = -1;
            double bestScore = Double.NEGATIVE_INFINITY;
            for (int index = 0; index + 1 < symbols.size(); index++) {
                int id = vocabulary.id(symbols.get(index) + symbols.get(index + 1));
                if (id >= 0 && vocabulary.score(id) > bestScore) {
                    best = index;
                    bestScore = vocabulary.score(id);
                }
            }
            if (best < 0) {
                break;
            }
            symbols.set(best, symbols.get(best) + symbols.remove(best + 1));
        }
        List<Integer> ids = new ArrayList<>();
        for (String symbol : symbols) {
            if (vocabulary.id(symbol) >= 0) {
                ids.add(vocabulary.id(symbol));
            } else {
                for (byte value : symbol.getBytes(StandardCharsets.UTF_8)) {
                    ids.add(3 + (value & 0xFF));
                }
            }
        }
        return ids;
    }

    @Test
    void cuttingAndRememberingPartsChangesNothing() {
        TestVocabulary vocabulary = vocabulary();
        Tokenizer tokenizer = vocabulary.tokenizer();
        String[] letters = {" ", " ", "a", "a", "b", "c", "\u00E9", "\uD83D\uDE42", "x"};
        Random random = new Random(3);
        for (int round = 0; round < 3_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int length = 1 + random.nextInt(30); length > 0; length--) {
                text.append(letters[random.nextInt(letters.length)]);
            }
            List<Integer> expected = byDefinition(vocabulary, ("\u2581" + text).replace(' ', '\u2581'));
            assertArrayEquals(
                    expected.stream().mapToInt(Integer::intValue).toArray(),
                    tokenizer.encode(text.toString(), false),
                    text.toString());
        }
    }

    @Test
    void textsBeginWithOneSpaceThatDecodingTakesAway() {
        TestVocabulary vocabulary = vocabulary();
        Tokenizer tokenizer = vocabulary.tokenizer();
        assertArrayEquals(new int[] {1, vocabulary.id("\u2581a")}, tokenizer.encode("a", true));
        assertArrayEquals(new int[] {1}, tokenizer.encode("", true));
        assertEquals("a", decode(tokenizer, tokenizer.encode("a", true)));
        assertEquals(" a", decode(tokenizer, tokenizer.encode(" a", true)));
        assertEquals(" a", tokenizer.decoder(vocabulary.id("b")).accept(vocabulary.id("\u2581a")), "goes on");
        assertEquals("a", tokenizer.decoder(1).accept(vocabulary.id("\u2581a")), "starts behind a control token");
        Tokenizer without =
                vocabulary().with(TokenizerKeys.ADD_SPACE_PREFIX, false).tokenizer();
        assertArrayEquals(new int[] {vocabulary.id("a")}, without.encode("a", false));
        assertEquals(" a", decode(without, vocabulary.id("\u2581a")));
    }

    @Test
    void anyTextComesBack() {
        Tokenizer tokenizer = vocabulary().tokenizer();
        Random random = new Random(4);
        for (int round = 0; round < 300; round++) {
            String text = RandomText.anyCodePoints(random, 80).replace('\u2581', '-') + "</s><0x41>";
            assertEquals(text, decode(tokenizer, tokenizer.encode(text, true)));
        }
        assertEquals("\uFFFD", decode(tokenizer, tokenizer.encode("\uD800", false)));
    }

    @Test
    void templatesWriteControlTokens() {
        TestVocabulary vocabulary = vocabulary();
        assertArrayEquals(
                new int[] {1, vocabulary.id("\u2581a"), 2, vocabulary.id("\u2581b")},
                vocabulary.tokenizer().encodeTemplate("<s>a</s>b", true, SHIELD));
    }

    @Test
    void thePhi3FamilySwallowsSpacesBehindRoles() {
        TestVocabulary vocabulary = vocabulary().add("<|user|>", 3, 0).with(TokenizerKeys.MODEL_NAME, "Phi-3 mini");
        assertArrayEquals(
                new int[] {vocabulary.id("<|user|>"), vocabulary.id("\u2581a")},
                vocabulary.tokenizer().encodeTemplate("<|user|>\n a", false, SHIELD));
    }

    @Test
    void longTextsAreNotSlow() {
        Tokenizer tokenizer = vocabulary().tokenizer();
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
            assertEquals((1 << 18) + 2, tokenizer.encode("a".repeat(1 << 20), false).length);
            assertEquals((1 << 18) + 1, tokenizer.encode(" ".repeat(1 << 20), false).length);
        });
    }
}
