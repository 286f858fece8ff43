package io.promptmill.udf.tokenizer;

import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * How tokens become text.
 *
 * @param place of its description, for messages
 * @param steps what happens to each token
 * @param dropsFirstSpace whether a text loses one space in front
 * @param holdsLastSpace whether a text loses the space behind its last token
 */
record TokenDecoder(JsonPlace place, UnaryOperator<TokenText> steps, boolean dropsFirstSpace, boolean holdsLastSpace) {
    /** Known vocabularies take 3 MB. */
    private static final long MAXIMUM_BYTES = 128L << 20;

    /**
     * The text of every token of {@code vocabulary} where it begins a text ({@code first}) or goes on; null for tokens
     * that have none.
     */
    byte[][] texts(Vocabulary vocabulary, boolean first) {
        byte[][] texts = new byte[vocabulary.size()][];
        long total = 0;
        for (int token = 0; token < texts.length; token++) {
            TokenKind kind = vocabulary.kind(token);
            boolean hidden = kind == TokenKind.CONTROL || kind == TokenKind.UNKNOWN || kind == TokenKind.UNUSED;
            if (!hidden) {
                boolean added = kind == TokenKind.USER_DEFINED || kind == TokenKind.VISIBLE_CONTROL;
                texts[token] = steps.apply(new TokenText(vocabulary.piece(token), null, added, first))
                        .toBytes();
                total += texts[token].length;
            }
            if (total > MAXIMUM_BYTES) {
                throw place.problem("makes more than " + MAXIMUM_BYTES + " bytes of text of all tokens");
            }
        }
        return texts;
    }

    /** As {@link #texts} for tokens that begin a text; shares arrays with {@code others} where they are the same. */
    byte[][] firstTexts(Vocabulary vocabulary, byte[][] others) {
        byte[][] texts = texts(vocabulary, true);
        for (int token = 0; token < texts.length; token++) {
            texts[token] = Arrays.equals(texts[token], others[token]) ? others[token] : texts[token];
        }
        return texts;
    }
}
