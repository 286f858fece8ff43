package io.promptmill.udf.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Encoders against the plainest reading of their definitions. */
class WordEncodersTest {
    private static final String[] LETTERS = {"a", "b", "c", "\uD83D\uDE42", "\u00E9"};

    private static String word(Random random, int most) {
        StringBuilder word = new StringBuilder();
        for (int length = 1 + random.nextInt(most); length > 0; length--) {
            word.append(LETTERS[random.nextInt(LETTERS.length)]);
        }
        return word.toString();
    }

    private static List<Integer> encode(WordEncoder encoder, String word) {
        CodePoints text = CodePoints.of(word);
        IntList ids = new IntList(8);
        encoder.encode(text, 0, text.length(), ids);
        List<Integer> list = new ArrayList<>();
        for (int id : ids.toArray()) {
            list.add(id);
        }
        return list;
    }

    /** The best sum of scores of any way to write {@code word} from {@code start} on, and that way. */
    private static double best(
            String word, int start, Map<String, Integer> tokens, double[] scores, double unknown, List<String> pieces) {
        if (start == word.length()) {
            return 0;
        }
        double best = Double.NEGATIVE_INFINITY;
        List<String> bestPieces = List.of();
        for (int end = word.offsetByCodePoints(start, 1); ; end = word.offsetByCodePoints(end, 1)) {
            String piece = word.substring(start, end);
            boolean single = piece.codePointCount(0, piece.length()) == 1;
            Integer id = tokens.get(piece);
            if (id != null || single) {
                List<String> rest = new ArrayList<>();
                double score = (id == null ? unknown : scores[id]) + best(word, end, tokens, scores, unknown, rest);
                if (score > best) {
                    best = score;
                    rest.add(0, piece);
                    bestPieces = rest;
                }
            }
            if (end == word.length()) {
                break;
            }
        }
        pieces.addAll(bestPieces);
        return best;
    }

    @Test
    void unigramFindsTheBestOfAllWays() {
        Random random = new Random(21);
        for (int round = 0; round < 400; round++) {
            Map<String, Integer> tokens = new HashMap<>();
            double[] scores = new double[30];
            double lowest = 0;
            for (int id = 1; id < scores.length; id++) {
                // Powers of two in different places: no two sums are the same, so that there is one best way.
                scores[id] = -random.nextInt(1 << 20) / 1024.0 - id * 0x1p-40;
                lowest = Math.min(lowest, scores[id]);
                tokens.putIfAbsent(word(random, 3), id);
            }
            WordEncoder encoder = new UnigramEncoder(tokens, scores, lowest, 0, null);
            String word = word(random, 8);
            List<String> pieces = new ArrayList<>();
            best(word, 0, tokens, scores, lowest - 10, pieces);
            List<Integer> expected = new ArrayList<>();
            for (String piece : pieces) {
                int id = tokens.getOrDefault(piece, 0);
                if (id != 0 || expected.isEmpty() || expected.get(expected.size() - 1) != 0) {
                    expected.add(id);
                }
            }
            assertEquals(expected, encode(encoder, word), word);
        }
    }

    @Test
    void wordPieceTakesTheLongestEachTime() {
        Random random = new Random(22);
        for (int round = 0; round < 2_000; round++) {
            Map<String, Integer> tokens = new HashMap<>();
            for (int id = 1; id < 25; id++) {
                tokens.putIfAbsent((random.nextBoolean() ? "##" : "") + word(random, 3), id);
            }
            String word = word(random, 9);
            List<Integer> expected = new ArrayList<>();
            int start = 0;
            while (start < word.length()) {
                int end = word.length();
                String prefix = start == 0 ? "" : "##";
                while (end > start && !tokens.containsKey(prefix + word.substring(start, end))) {
                    end = word.offsetByCodePoints(end, -1);
                }
                if (end == start) {
                    break;
                }
                expected.add(tokens.get(prefix + word.substring(start, end)));
                start = end;
            }
            boolean unknown = start < word.length() || word.codePointCount(0, word.length()) > 7;
            assertEquals(unknown ? List.of(0) : expected, encode(new WordPieceEncoder(tokens, "##", 0, 7), word), word);
        }
    }
}
