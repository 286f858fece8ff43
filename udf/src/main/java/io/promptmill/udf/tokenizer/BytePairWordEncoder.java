package io.promptmill.udf.tokenizer;

import java.util.HashMap;
import java.util.Map;

/**
 * Byte-pair encoding over characters (Sennrich et al. 2016) with the options of Hugging Face's library: in each word the
 * listed pairs merge, the earliest listed first. Long words, such as whole texts where no pre-tokenizer cuts them, are
 * taken apart between characters that stand side by side in no merge, with the same result.
 */
final class BytePairWordEncoder implements WordEncoder {
    /** Shorter words are remembered whole by those who call. */
    private static final int LONG_WORD = 32;

    private static final int NONE = -1;

    /**
     * @param prefix of characters that do not begin a word, and of tokens made of them; empty without one
     * @param suffix of the character that ends a word; empty without one
     * @param unknown token for characters without one; -1 leaves them out
     * @param fusesUnknown whether neighbouring unknown characters become one token
     * @param byteTokens the tokens of the bytes, which unknown characters become, -1 for missing ones; null where not used
     * @param ignoresMerges whether a word that is a token is taken as it is
     */
    record Options(
            String prefix, String suffix, int unknown, boolean fusesUnknown, int[] byteTokens, boolean ignoresMerges) {}

    private final Options options;
    private final MergeTable merges;
    private final boolean plain;
    private final Map<String, Integer> tokens;
    private final LongIntMap characters = new LongIntMap(1 << 12);
    private final LongIntMap neighbours = new LongIntMap(1 << 14);
    private final WordEncoder parts = new CachedWordEncoder(this::encodePart);

    /**
     * @param tokens ids by spelling, of those that text may become
     */
    BytePairWordEncoder(Map<String, Integer> tokens, TokenizerFile file, Options options) {
        this.options = options;
        plain = options.prefix.isEmpty() && options.suffix.isEmpty();
        this.tokens = plain && !options.ignoresMerges ? Map.of() : tokens;
        tokens.forEach((spelling, id) -> {
            if (!spelling.isEmpty() && spelling.codePointCount(0, spelling.length()) == 1) {
                characters.putIfAbsent(spelling.codePointAt(0), id);
            }
        });
        merges = readMerges(tokens, file);
    }

    /** Of two merges of the same pair the later one counts, as in the library. */
    private MergeTable readMerges(Map<String, Integer> tokens, TokenizerFile file) {
        Map<String, Integer> all = new HashMap<>();
        for (int entry = 0; entry < file.size(); entry++) {
            all.put(file.piece(entry), file.id(entry));
        }
        MergeTable table = new MergeTable(file.merges());
        for (int rank = file.merges() - 1; rank >= 0; rank--) {
            String left = file.left(rank);
            String right = file.right(rank);
            boolean prefixed = right.startsWith(options.prefix);
            String product = left + (prefixed ? right.substring(options.prefix.length()) : right);
            for (String part : new String[] {left, right, product}) {
                if (!all.containsKey(part)) {
                    throw JsonPlace.absent(file.root().file(), TokenizerFile.MERGES + "/" + rank)
                            .problem("merges '" + Vocabulary.shortened(left) + "' and '"
                                    + Vocabulary.shortened(right) + "', but '" + Vocabulary.shortened(part)
                                    + "' is not in the vocabulary");
                }
            }
            // What only a template may write is never made of text.
            if (tokens.containsKey(product)) {
                table.add(all.get(left), all.get(right), rank, all.get(product));
                addNeighbours(product);
            }
        }
        return table;
    }

    private void addNeighbours(String product) {
        int last = NONE;
        for (int index = 0; index < product.length() && plain; ) {
            int codePoint = product.codePointAt(index);
            index += Character.charCount(codePoint);
            if (last != NONE) {
                neighbours.putIfAbsent(pair(last, codePoint), 1);
            }
            last = codePoint;
        }
    }

    @Override
    public void encode(CodePoints text, int start, int end, IntList ids) {
        if (options.ignoresMerges) {
            Integer whole = tokens.get(text.text(start, end));
            if (whole != null) {
                ids.add(whole);
                return;
            }
        }
        if (!plain || end - start <= LONG_WORD) {
            encodePart(text, start, end, ids);
            return;
        }
        int partStart = start;
        for (int index = start + 1; index <= end; index++) {
            if (index == end || isCut(text.at(index - 1), text.at(index))) {
                parts.encode(text, partStart, index, ids);
                partStart = index;
            }
        }
    }

    private boolean isCut(int left, int right) {
        return neighbours.get(pair(left, right)) == LongIntMap.ABSENT
                && characters.get(left) != LongIntMap.ABSENT
                && characters.get(right) != LongIntMap.ABSENT;
    }

    private void encodePart(CodePoints text, int start, int end, IntList ids) {
        IntList symbols = new IntList(end - start);
        int pending = NONE;
        for (int index = start; index < end; index++) {
            int token = plain ? characters.get(text.at(index)) : edgeToken(text, start, end, index);
            if (token != LongIntMap.ABSENT) {
                pending = flush(pending, symbols);
                symbols.add(token);
            } else if (!addBytes(text, index, symbols) && options.unknown >= 0) {
                if (!options.fusesUnknown) {
                    flush(pending, symbols);
                }
                pending = options.unknown;
            }
        }
        flush(pending, symbols);
        int[] merged = symbols.toArray();
        merges.merge(merged);
        for (int symbol : merged) {
            if (symbol != MergeTable.COVERED) {
                ids.add(symbol);
            }
        }
    }

    private static int flush(int pending, IntList symbols) {
        if (pending != NONE) {
            symbols.add(pending);
        }
        return NONE;
    }

    private int edgeToken(CodePoints text, int start, int end, int index) {
        return tokens.getOrDefault(spelling(text, start, end, index), LongIntMap.ABSENT);
    }

    private String spelling(CodePoints text, int start, int end, int index) {
        return (index > start ? options.prefix : "")
                + text.text(index, index + 1)
                + (index == end - 1 ? options.suffix : "");
    }

    private boolean addBytes(CodePoints text, int index, IntList symbols) {
        if (options.byteTokens == null) {
            return false;
        }
        byte[] bytes = text.utf8(index, index + 1);
        int before = symbols.size();
        for (byte value : bytes) {
            int token = options.byteTokens[value & 0xFF];
            if (token < 0) {
                symbols.truncate(before);
                return false;
            }
            symbols.add(token);
        }
        return true;
    }

    private static long pair(int left, int right) {
        return (long) left << 32 | right;
    }
}
