package io.promptmill.udf.tokenizer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Byte-level byte-pair encoding (Sennrich et al. 2016; over bytes, Radford et al. 2019): the pre-tokenizer cuts text into
 * words, and in each word the listed pairs merge, the earliest listed first. A byte that the vocabulary has no token for
 * is left out, as in the reference engine.
 */
final class BytePairEncoder implements TextEncoder {
    private final Vocabulary vocabulary;
    private final PreTokenizer preTokenizer;
    private final MergeTable merges;
    private final int[] byteSymbols = new int[256];
    private final Map<String, Integer> wholeWords;
    private final WordCache cache = new WordCache();

    /**
     * @param rules the merges as the file lists them, each {@code "left right"}
     */
    BytePairEncoder(Vocabulary vocabulary, PreTokenizer preTokenizer, String[] rules) {
        this.vocabulary = vocabulary;
        this.preTokenizer = preTokenizer;
        Map<String, Integer> symbols = vocabulary.textTokens();
        wholeWords = preTokenizer.ignoresMerges() ? Map.copyOf(symbols) : Map.of();
        for (int value = 0; value < byteSymbols.length; value++) {
            byteSymbols[value] = symbols.getOrDefault(String.valueOf(ByteAlphabet.character(value)), -1);
        }
        merges = readMerges(vocabulary, rules, symbols);
    }

    private static MergeTable readMerges(Vocabulary vocabulary, String[] rules, Map<String, Integer> tokens) {
        MergeTable table = new MergeTable(rules.length);
        // A part or product that is no token gets a number of its own: it may still lead to one that is.
        Map<String, Integer> others = new HashMap<>();
        for (int rank = 0; rank < rules.length; rank++) {
            String rule = rules[rank];
            int space = rule.indexOf(' ', 1);
            if (space < 0 || space == rule.length() - 1) {
                throw vocabulary.problem(
                        TokenizerKeys.MERGES,
                        "has '" + Vocabulary.shortened(rule) + "' at index " + rank
                                + "; expected two texts with a space between them");
            }
            String left = rule.substring(0, space);
            String right = rule.substring(space + 1);
            table.add(
                    symbol(left, tokens, others, vocabulary.size()),
                    symbol(right, tokens, others, vocabulary.size()),
                    rank,
                    symbol(left + right, tokens, others, vocabulary.size()));
        }
        return table;
    }

    private static int symbol(String text, Map<String, Integer> tokens, Map<String, Integer> others, int firstOther) {
        Integer token = tokens.get(text);
        return token != null ? token : others.computeIfAbsent(text, key -> firstOther + others.size());
    }

    @Override
    public void encode(String text, int start, int end, IntList ids) {
        CodePoints codePoints = CodePoints.of(text, start, end);
        IntList ends = preTokenizer.split(codePoints);
        int wordStart = 0;
        for (int index = 0; index < ends.size(); index++) {
            int wordEnd = ends.get(index);
            int[] known = cache.get(codePoints, wordStart, wordEnd);
            if (known == null) {
                known = encodeWord(codePoints.utf8(wordStart, wordEnd));
                cache.put(codePoints, wordStart, wordEnd, known);
            }
            ids.addAll(known);
            wordStart = wordEnd;
        }
    }

    private int[] encodeWord(byte[] word) {
        if (preTokenizer.ignoresMerges()) {
            Integer whole = wholeWords.get(ByteAlphabet.spell(word));
            if (whole != null) {
                return new int[] {whole};
            }
        }
        int[] symbols = new int[word.length];
        for (int index = 0; index < word.length; index++) {
            symbols[index] = byteSymbols[word[index] & 0xFF];
        }
        merges.merge(symbols);
        int[] ids = new int[word.length];
        int count = 0;
        int index = 0;
        while (index < word.length) {
            int next = index + 1;
            while (next < word.length && symbols[next] == MergeTable.COVERED) {
                next++;
            }
            if (symbols[index] >= 0 && symbols[index] < vocabulary.size()) {
                ids[count++] = symbols[index];
            } else {
                for (int unit = index; unit < next; unit++) {
                    int symbol = byteSymbols[word[unit] & 0xFF];
                    ids[count] = symbol;
                    count += symbol >= 0 ? 1 : 0;
                }
            }
            index = next;
        }
        return Arrays.copyOf(ids, count);
    }

    @Override
    public byte[] bytes(int token) {
        return ByteAlphabet.bytes(vocabulary.piece(token));
    }

    @Override
    public boolean addsSpacePrefix() {
        return false;
    }
}
