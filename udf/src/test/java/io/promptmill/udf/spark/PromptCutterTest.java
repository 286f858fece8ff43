package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.prompt.PromptSpec.Overlong;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PromptCutterTest {
    private static final String HEAD = "system:";
    private static final String TAIL = ":answer";

    private String lastPrompt = "";

    /** A token a character, between a head and a tail that must stay. */
    private final Function<List<String>, int[]> characters = texts -> {
        lastPrompt = HEAD + String.join("|", texts) + TAIL;
        return lastPrompt.codePoints().toArray();
    };

    @ParameterizedTest
    @EnumSource(
            value = Overlong.class,
            names = {"TRUNCATE_LEFT", "TRUNCATE_RIGHT", "TRUNCATE_MIDDLE"})
    void cutsTheLongestTextAtTheSideToldAndNoMoreThanNeeded(Overlong side) {
        Random random = new Random(3);
        for (int trial = 0; trial < 300; trial++) {
            List<String> texts = new ArrayList<>();
            int number = 1 + random.nextInt(3);
            for (int i = 0; i < number; i++) {
                texts.add(text(random));
            }
            int[] whole = characters.apply(texts);
            int room = HEAD.length() + TAIL.length() + 2 * number - 1 + random.nextInt(whole.length);
            if (whole.length <= room) {
                continue;
            }
            int[] tokens = new PromptCutter(side, characters, room).cut(texts, whole);
            assertTrue(tokens.length <= room && tokens.length >= room - 2, tokens.length + " of " + room);
            String prompt = new String(tokens, 0, tokens.length);
            assertTrue(prompt.startsWith(HEAD) && prompt.endsWith(TAIL), prompt);
            if (number == 1) {
                String kept = prompt.substring(HEAD.length(), prompt.length() - TAIL.length());
                assertKept(side, texts.get(0), kept);
            }
        }
    }

    private static void assertKept(Overlong side, String text, String kept) {
        switch (side) {
            case TRUNCATE_LEFT -> assertTrue(text.endsWith(kept), kept);
            case TRUNCATE_RIGHT -> assertTrue(text.startsWith(kept), kept);
            default -> {
                int characters = kept.codePointCount(0, kept.length());
                int head = kept.offsetByCodePoints(0, (characters + 1) / 2);
                assertTrue(text.startsWith(kept.substring(0, head)) && text.endsWith(kept.substring(head)), kept);
            }
        }
    }

    @Test
    void findsItsWayWhereCharactersTakeVeryDifferentNumbersOfTokens() {
        String text = "a".repeat(50_000) + "é".repeat(3000);
        Function<List<String>, int[]> uneven = texts -> new int
                [(int) texts.get(0).chars().filter(c -> c == 'a').count() / 100
                        + (int) texts.get(0).chars().filter(c -> c == 'é').count() * 3];
        for (Overlong side : List.of(Overlong.TRUNCATE_LEFT, Overlong.TRUNCATE_RIGHT, Overlong.TRUNCATE_MIDDLE)) {
            int[] tokens = new PromptCutter(side, uneven, 1000).cut(List.of(text), uneven.apply(List.of(text)));
            assertTrue(tokens.length <= 1000 && tokens.length > 990, side + ": " + tokens.length);
        }
    }

    @Test
    void neverPartsAPairOfSurrogates() {
        List<String> texts = List.of("\ud83d\ude00".repeat(100));
        int[] tokens = new PromptCutter(Overlong.TRUNCATE_MIDDLE, characters, 40).cut(texts, characters.apply(texts));
        for (int token : tokens) {
            assertTrue(token < 0xd800 || token > 0xdfff);
        }
    }

    @Test
    void saysWhereNothingIsLeftToCut() {
        List<String> texts = List.of("one", "two");
        RequestException refused = assertThrows(
                RequestException.class,
                () -> new PromptCutter(Overlong.TRUNCATE_LEFT, characters, 10).cut(texts, characters.apply(texts)));
        assertEquals(ErrorCategory.PROMPT_TOO_LONG, refused.rowError().category());
        assertTrue(refused.getMessage().contains("17 tokens without the texts of the row"), refused.getMessage());
        assertTrue(refused.getMessage().contains("Shorten the template"), refused.getMessage());
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        int length = 1 + random.nextInt(200);
        for (int i = 0; i < length; i++) {
            text.appendCodePoint(random.nextInt(20) == 0 ? 0x1f600 + random.nextInt(40) : 'a' + random.nextInt(26));
        }
        return text.toString();
    }
}
