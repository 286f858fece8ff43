package io.promptmill.udf.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * SentencePiece's BPE (Kudo and Richardson 2018): spaces become U+2581, then over the whole text the two neighbours
 * merge whose union is the token of the highest score, the leftmost of equals first. Characters without a token are
 * written as byte tokens.
 *
 * <p>Two neighbours that stand next to each other in no token can never end up in one, so the text is cut there and the
 * parts are encoded (and remembered) one by one, with the same result.
 */
final class SentencePieceEncoder implements TextEncoder {
    private static final int SPACE_MARK = 0x2581;
    /** SentencePiece itself stops at 16 characters; building the table takes the square of it. */
    private static final int MAXIMUM_PIECE_LENGTH = 256;

    private final Vocabulary vocabulary;
    private final boolean addsSpacePrefix;
    private final MergeTable merges;
    private final LongIntMap characterSymbols = new LongIntMap(1 << 12);
    private final LongIntMap neighbours = new LongIntMap(1 << 14);
    private final int[] byteTokens = new int[256];
    private final WordCache cache = new WordCache();

    /**
     * @param scores one finite score a token, higher merges first
     * @param unknownToken the token for bytes without one, or -1: they are left out
     */
    SentencePieceEncoder(Vocabulary vocabulary, double[] scores, boolean addsSpacePrefix, int unknownToken) {
        this.vocabulary = vocabulary;
        this.addsSpacePrefix = addsSpacePrefix;
        Map<String, Integer> tokens = vocabulary.textTokens();
        Arrays.fill(byteTokens, unknownToken);
        for (int value = 0; value < 0x80; value++) {
            byteTokens[value] = tokens.getOrDefault(String.valueOf((char) value), unknownToken);
        }
        int symbols = vocabulary.size();
        for (Map.Entry<String, Integer> token : tokens.entrySet()) {
            int id = token.getValue();
            if (vocabulary.kind(id) == TokenKind.BYTE) {
                byteTokens[vocabulary.byteValue(id)] = id;
            }
            CodePoints piece = CodePoints.of(token.getKey());
            if (piece.length() == 1) {
                characterSymbols.putIfAbsent(piece.at(0), id);
            } else if (piece.length() > MAXIMUM_PIECE_LENGTH) {
                throw vocabulary.problem(
                        TokenizerKeys.TOKENS,
                        "has a token of " + piece.length() + " characters at index " + id + "; expected at most "
                                + MAXIMUM_PIECE_LENGTH);
            }
        }
        for (String token : tokens.keySet()) {
            CodePoints piece = CodePoints.of(token);
            for (int index = 0; index < piece.length() && piece.length() > 1; index++) {
                if (characterSymbols.get(piece.at(index)) == LongIntMap.ABSENT) {
                    characterSymbols.putIfAbsent(piece.at(index), symbols++);
                }
                if (index > 0) {
                    neighbours.putIfAbsent(pair(piece.at(index - 1), piece.at(index)), 1);
                }
            }
        }
        merges = pairsOf(tokens, ranks(scores));
    }

    /** Place of each token's score among the distinct scores, the highest first. */
    private static int[] ranks(double[] scores) {
        double[] sorted = Arrays.stream(scores).distinct().sorted().toArray();
        int[] ranks = new int[scores.length];
        for (int id = 0; id < scores.length; id++) {
            ranks[id] = sorted.length - 1 - Arrays.binarySearch(sorted, scores[id]);
        }
        return ranks;
    }

    /** Every way to put a token together from two symbols. */
    private MergeTable pairsOf(Map<String, Integer> tokens, int[] ranks) {
        MergeTable table = new MergeTable(tokens.size() * 2);
        tokens.forEach((piece, id) -> {
            int cut = 0;
            while (cut < piece.length()) {
                cut += Character.charCount(piece.codePointAt(cut));
                int left = symbol(piece.substring(0, cut), tokens);
                int right = left < 0 ? -1 : symbol(piece.substring(cut), tokens);
                if (right >= 0) {
                    table.add(left, right, ranks[id], id);
                }
            }
        });
        return table;
    }

    private int symbol(String part, Map<String, Integer> tokens) {
        if (part.isEmpty()) {
            return -1;
        }
        boolean single = part.codePointCount(0, part.length()) == 1;
        return single ? characterSymbols.get(part.codePointAt(0)) : tokens.getOrDefault(part, -1);
    }

    @Override
    public void encode(String text, int start, int end, IntList ids) {
        CodePoints marked = CodePoints.of(text, start, end).replacing(' ', SPACE_MARK, addsSpacePrefix);
        int partStart = 0;
        for (int index = 1; index <= marked.length(); index++) {
            if (index == marked.length()
                    || neighbours.get(pair(marked.at(index - 1), marked.at(index))) == LongIntMap.ABSENT) {
                int[] known = cache.get(marked, partStart, index);
                if (known == null) {
                    known = encodePart(marked, partStart, index);
                    cache.put(marked, partStart, index, known);
                }
                ids.addAll(known);
                partStart = index;
            }
        }
    }

    private int[] encodePart(CodePoints text, int start, int end) {
        int[] symbols = new int[end - start];
        for (int index = 0; index < symbols.length; index++) {
            symbols[index] = characterSymbols.get(text.at(start + index));
        }
        merges.merge(symbols);
        IntList ids = new IntList(symbols.length);
        for (int index = 0; index < symbols.length; index++) {
            if (symbols[index] >= 0 && symbols[index] < vocabulary.size()) {
                ids.add(symbols[index]);
            } else if (symbols[index] != MergeTable.COVERED) {
                for (byte value : text.utf8(start + index, start + index + 1)) {
                    if (byteTokens[value & 0xFF] >= 0) {
                        ids.add(byteTokens[value & 0xFF]);
                    }
                }
            }
        }
        return ids.toArray();
    }

    @Override
    public byte[] bytes(int token) {
        return vocabulary.piece(token).replace((char) SPACE_MARK, ' ').getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public boolean addsSpacePrefix() {
        return addsSpacePrefix;
    }

    private static long pair(int left, int right) {
        return (long) left << 32 | right;
    }
}
