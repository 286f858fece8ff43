package io.promptmill.udf.tokenizer;

import io.promptmill.udf.unicode.UnicodeProperties;
import java.text.Normalizer;
import java.util.Locale;
import java.util.function.IntPredicate;

/** Changes of text that Unicode and the normalizers of Hugging Face's library define. */
final class UnicodeForms {
    /** No script stacks so many marks; the JDK sorts them in the square of their number. */
    private static final int MAXIMUM_MARKS = 1 << 10;

    private UnicodeForms() {}

    /** A Unicode normalization form; a run of more than {@value #MAXIMUM_MARKS} marks is taken in parts. */
    static TextNormalizer form(Normalizer.Form form) {
        return text -> {
            if (Normalizer.isNormalized(text, form)) {
                return text;
            }
            StringBuilder result = new StringBuilder(text.length());
            int partStart = 0;
            int marks = 0;
            for (int index = 0; index < text.length(); ) {
                int codePoint = text.codePointAt(index);
                index += Character.charCount(codePoint);
                marks = (CharacterKind.of(codePoint) & CharacterKind.MARK) != 0 ? marks + 1 : 0;
                if (marks == MAXIMUM_MARKS) {
                    result.append(Normalizer.normalize(text.substring(partStart, index), form));
                    partStart = index;
                    marks = 0;
                }
            }
            return result.append(Normalizer.normalize(text.substring(partStart), form))
                    .toString();
        };
    }

    /** Every character in lower case, whatever stands around it. */
    static String lowercase(String text) {
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints().forEach(codePoint -> {
            if (codePoint == 0x130) {
                result.append(Character.toString(codePoint).toLowerCase(Locale.ROOT));
            } else {
                result.appendCodePoint(Character.toLowerCase(codePoint));
            }
        });
        return result.toString();
    }

    static TextNormalizer without(IntPredicate removed) {
        return text -> {
            StringBuilder result = new StringBuilder(text.length());
            text.codePoints().filter(removed.negate()).forEach(result::appendCodePoint);
            return result.toString();
        };
    }

    static TextNormalizer strip(boolean left, boolean right) {
        return text -> {
            int start = 0;
            int end = text.length();
            while (left && start < end && CharacterSet.SPACE.test(text.charAt(start))) {
                start++;
            }
            while (right && end > start && CharacterSet.SPACE.test(text.charAt(end - 1))) {
                end--;
            }
            return text.substring(start, end);
        };
    }

    /** Control characters away, and some others become spaces: the rules of Google's NMT models. */
    static String nmt(String text) {
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints().forEach(codePoint -> {
            boolean control = codePoint >= 0x01 && codePoint <= 0x08
                    || codePoint == 0x0B
                    || codePoint >= 0x0E && codePoint <= 0x1F
                    || codePoint == 0x7F
                    || codePoint == 0x8F
                    || codePoint == 0x9F;
            boolean space = codePoint >= 0x09 && codePoint <= 0x0D && codePoint != 0x0B
                    || codePoint == 0x1680
                    || codePoint >= 0x200B && codePoint <= 0x200F
                    || codePoint == 0x2028
                    || codePoint == 0x2029
                    || codePoint == 0x2581
                    || codePoint == 0xFEFF
                    || codePoint == 0xFFFD;
            if (!control) {
                result.appendCodePoint(space ? ' ' : codePoint);
            }
        });
        return result.toString();
    }

    /** What BERT's tokenizer takes out: controls other than tab and line breaks, U+0000 and U+FFFD. */
    static boolean isBertControl(int codePoint) {
        return codePoint != '\t'
                && codePoint != '\n'
                && codePoint != '\r'
                && (codePoint == CodePoints.REPLACEMENT
                        || UnicodeProperties.category(codePoint).startsWith("C")
                                && Character.getType(codePoint) != Character.UNASSIGNED);
    }

    static String spacesAsBlanks(String text) {
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints()
                .forEach(codePoint -> result.appendCodePoint(CharacterSet.SPACE.test(codePoint) ? ' ' : codePoint));
        return result.toString();
    }

    /** A space on either side of every Chinese character. */
    static String chineseApart(String text) {
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints().forEach(codePoint -> {
            if (isChinese(codePoint)) {
                result.append(' ').appendCodePoint(codePoint).append(' ');
            } else {
                result.appendCodePoint(codePoint);
            }
        });
        return result.toString();
    }

    /** The blocks that the library lists, gap before U+2B920 included. */
    private static boolean isChinese(int codePoint) {
        return codePoint >= 0x4E00 && codePoint <= 0x9FFF
                || codePoint >= 0x3400 && codePoint <= 0x4DBF
                || codePoint >= 0x20000 && codePoint <= 0x2A6DF
                || codePoint >= 0x2A700 && codePoint <= 0x2B73F
                || codePoint >= 0x2B740 && codePoint <= 0x2B81F
                || codePoint >= 0x2B920 && codePoint <= 0x2CEAF
                || codePoint >= 0xF900 && codePoint <= 0xFAFF
                || codePoint >= 0x2F800 && codePoint <= 0x2FA1F;
    }
}
