package io.promptmill.udf.tokenizer;

/**
 * Sorts every code point into exactly one kind, given as a single bit, so that a character class of a pre-tokenizer is a
 * mask, its complement {@code ~mask}, and a test one AND. The kinds follow the Unicode general categories of the running
 * JDK, cut finer where some pre-tokenizer looks at ASCII alone.
 */
final class CharacterKind {
    /** U+0020, the only character that the {@code " ?"} of a pattern takes. */
    static final int BLANK = 1;
    /** Carriage return and line feed. */
    static final int NEWLINE = 1 << 1;
    /** Every other character with the Unicode property White_Space. */
    static final int OTHER_SPACE = 1 << 2;

    static final int ASCII_DIGIT = 1 << 3;
    static final int OTHER_NUMBER = 1 << 4;
    static final int ASCII_UPPER = 1 << 5;
    static final int ASCII_LOWER = 1 << 6;
    /** Upper and title case beyond ASCII. */
    static final int OTHER_UPPER = 1 << 7;
    /** Lower case beyond ASCII. */
    static final int OTHER_LOWER = 1 << 8;
    /** Chinese characters: letters without case that some pre-tokenizers keep apart. */
    static final int HAN = 1 << 9;
    /** Modifier letters and letters without case, other than {@link #HAN}. */
    static final int UNCASED = 1 << 10;

    static final int MARK = 1 << 11;
    static final int ASCII_PUNCTUATION = 1 << 12;
    static final int OTHER_PUNCTUATION = 1 << 13;
    static final int ASCII_SYMBOL = 1 << 14;
    static final int OTHER_SYMBOL = 1 << 15;
    /** Controls, format characters, private use, unassigned. */
    static final int REST = 1 << 16;

    /** {@code \s} */
    static final int SPACE = BLANK | NEWLINE | OTHER_SPACE;
    /** {@code \p{N}} */
    static final int NUMBER = ASCII_DIGIT | OTHER_NUMBER;
    /** {@code \p{L}} */
    static final int LETTER = ASCII_UPPER | ASCII_LOWER | OTHER_UPPER | OTHER_LOWER | HAN | UNCASED;
    /** {@code \p{P}} */
    static final int PUNCTUATION = ASCII_PUNCTUATION | OTHER_PUNCTUATION;
    /** {@code \p{S}} */
    static final int SYMBOL = ASCII_SYMBOL | OTHER_SYMBOL;

    private static final int[] BASIC_PLANE = new int[0x10000];

    static {
        for (int codePoint = 0; codePoint < BASIC_PLANE.length; codePoint++) {
            BASIC_PLANE[codePoint] = classify(codePoint);
        }
    }

    private CharacterKind() {}

    /** The one bit of the kind of {@code codePoint}. */
    static int of(int codePoint) {
        return codePoint < BASIC_PLANE.length ? BASIC_PLANE[codePoint] : classify(codePoint);
    }

    private static int classify(int codePoint) {
        if (isSpace(codePoint)) {
            return codePoint == ' ' ? BLANK : codePoint == '\n' || codePoint == '\r' ? NEWLINE : OTHER_SPACE;
        }
        boolean ascii = codePoint < 0x80;
        return switch (Character.getType(codePoint)) {
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
                ascii ? ASCII_DIGIT : OTHER_NUMBER;
            case Character.UPPERCASE_LETTER, Character.TITLECASE_LETTER -> ascii ? ASCII_UPPER : OTHER_UPPER;
            case Character.LOWERCASE_LETTER -> ascii ? ASCII_LOWER : OTHER_LOWER;
            case Character.MODIFIER_LETTER, Character.OTHER_LETTER -> isHan(codePoint) ? HAN : UNCASED;
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> MARK;
            case Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION -> ascii ? ASCII_PUNCTUATION : OTHER_PUNCTUATION;
            case Character.MATH_SYMBOL, Character.CURRENCY_SYMBOL, Character.MODIFIER_SYMBOL, Character.OTHER_SYMBOL ->
                ascii ? ASCII_SYMBOL : OTHER_SYMBOL;
            default -> REST;
        };
    }

    /** The Unicode property White_Space, which no method of {@link Character} tests (U+0085, U+00A0). */
    private static boolean isSpace(int codePoint) {
        return codePoint >= 0x09 && codePoint <= 0x0D
                || codePoint == 0x20
                || codePoint == 0x85
                || codePoint == 0xA0
                || codePoint == 0x1680
                || codePoint >= 0x2000 && codePoint <= 0x200A
                || codePoint == 0x2028
                || codePoint == 0x2029
                || codePoint == 0x202F
                || codePoint == 0x205F
                || codePoint == 0x3000;
    }

    private static boolean isHan(int codePoint) {
        return codePoint >= 0x3400 && Character.UnicodeScript.of(codePoint) == Character.UnicodeScript.HAN;
    }
}
