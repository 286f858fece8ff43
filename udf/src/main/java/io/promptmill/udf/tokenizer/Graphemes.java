package io.promptmill.udf.tokenizer;

/**
 * User-perceived characters (extended grapheme clusters, Unicode Standard Annex 29), as far as clusters of up to five
 * bytes of UTF-8 are told from longer ones; flags, emoji sequences and Hangul syllables from parts have six at least and
 * come out in pieces.
 */
final class Graphemes {
    private static final int ZERO_WIDTH_NON_JOINER = 0x200C;
    private static final int ZERO_WIDTH_JOINER = 0x200D;

    private Graphemes() {}

    /** The end of the cluster that begins at {@code start}. */
    static int end(String text, int start) {
        int codePoint = text.codePointAt(start);
        int index = start + Character.charCount(codePoint);
        if (codePoint == '\r' && index < text.length() && text.charAt(index) == '\n') {
            return index + 1;
        }
        while (index < text.length()) {
            int next = text.codePointAt(index);
            boolean joined = isPrepended(codePoint) && !isControl(next) || !isControl(codePoint) && isExtending(next);
            if (!joined) {
                break;
            }
            codePoint = next;
            index += Character.charCount(next);
        }
        return index;
    }

    private static boolean isControl(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE ->
                true;
            case Character.FORMAT ->
                codePoint != ZERO_WIDTH_NON_JOINER
                        && codePoint != ZERO_WIDTH_JOINER
                        && !isPrepended(codePoint)
                        && !isTag(codePoint);
            default -> false;
        };
    }

    private static boolean isTag(int codePoint) {
        return codePoint >= 0xE0020 && codePoint <= 0xE007F;
    }

    /** The properties Extend and SpacingMark. */
    private static boolean isExtending(int codePoint) {
        if (codePoint < 0x300) {
            return false;
        }
        return switch (Character.getType(codePoint)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK -> true;
            case Character.COMBINING_SPACING_MARK -> !isSeparateMark(codePoint);
            default ->
                codePoint == ZERO_WIDTH_NON_JOINER
                        || codePoint == ZERO_WIDTH_JOINER
                        || codePoint == 0x0E33
                        || codePoint == 0x0EB3
                        || codePoint == 0xFF9E
                        || codePoint == 0xFF9F
                        || codePoint >= 0x1F3FB && codePoint <= 0x1F3FF
                        || isTag(codePoint);
        };
    }

    /** Spacing marks that are clusters of their own. */
    private static boolean isSeparateMark(int codePoint) {
        return codePoint == 0x102B
                || codePoint == 0x102C
                || codePoint == 0x1038
                || codePoint >= 0x1062 && codePoint <= 0x1064
                || codePoint >= 0x1067 && codePoint <= 0x106D
                || codePoint == 0x1083
                || codePoint >= 0x1087 && codePoint <= 0x108C
                || codePoint == 0x108F
                || codePoint >= 0x109A && codePoint <= 0x109C
                || codePoint == 0x1A61
                || codePoint == 0x1A63
                || codePoint == 0x1A64
                || codePoint == 0xAA7B
                || codePoint == 0xAA7D
                || codePoint == 0x11720
                || codePoint == 0x11721;
    }

    /** Signs in front of a character that belong to it. */
    private static boolean isPrepended(int codePoint) {
        return codePoint >= 0x0600 && codePoint <= 0x0605
                || codePoint == 0x06DD
                || codePoint == 0x070F
                || codePoint == 0x0890
                || codePoint == 0x0891
                || codePoint == 0x08E2
                || codePoint == 0x0D4E
                || codePoint == 0x110BD
                || codePoint == 0x110CD;
    }
}
