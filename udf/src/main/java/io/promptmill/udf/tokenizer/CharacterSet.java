package io.promptmill.udf.tokenizer;

import io.promptmill.udf.unicode.UnicodeProperties;
import java.util.Locale;
import java.util.function.IntPredicate;

/**
 * A set of code points, with a table for those that texts are made of. Names of properties are those of Oniguruma
 * (https://github.com/kkos/oniguruma/blob/master/doc/UNICODE_PROPERTIES), the regular expressions of Hugging Face's
 * library; their extent is that of the running JDK's Unicode. Immutable and thread-safe.
 */
final class CharacterSet {
    /** {@code \s}: the Unicode property White_Space. */
    static final IntPredicate SPACE = codePoint -> (CharacterKind.of(codePoint) & CharacterKind.SPACE) != 0;

    /** {@code \d} */
    static final IntPredicate DIGIT = codePoint -> Character.getType(codePoint) == Character.DECIMAL_DIGIT_NUMBER;

    /** {@code \w} of Oniguruma: letters, marks, numbers and connectors. */
    static final IntPredicate WORD =
            codePoint -> (CharacterKind.of(codePoint) & (CharacterKind.MARK | CharacterKind.NUMBER)) != 0
                    || Character.isAlphabetic(codePoint)
                    || Character.getType(codePoint) == Character.CONNECTOR_PUNCTUATION;

    /** {@code \w} of Rust's regular expressions: of numbers only decimal digits, and the invisible joiners. */
    static final IntPredicate RUST_WORD =
            codePoint -> WORD.test(codePoint) && Character.getType(codePoint) != Character.OTHER_NUMBER
                    || Character.isAlphabetic(codePoint)
                    || codePoint == 0x200C
                    || codePoint == 0x200D;

    /** Punctuation of Unicode and of ASCII, which counts symbols such as {@code +} too. */
    static final IntPredicate PUNCTUATION =
            codePoint -> (CharacterKind.of(codePoint) & (CharacterKind.PUNCTUATION | CharacterKind.ASCII_SYMBOL)) != 0;

    private static final int TABLE_SIZE = 0x10000;

    private final long[] table = new long[TABLE_SIZE >>> 6];
    private final IntPredicate beyond;

    CharacterSet(IntPredicate members) {
        beyond = members;
        for (int codePoint = 0; codePoint < TABLE_SIZE; codePoint++) {
            if (members.test(codePoint)) {
                table[codePoint >>> 6] |= 1L << codePoint;
            }
        }
    }

    boolean contains(int codePoint) {
        return codePoint < TABLE_SIZE ? (table[codePoint >>> 6] & 1L << codePoint) != 0 : beyond.test(codePoint);
    }

    /** The property called {@code name}: a general category, a script, or one of a few others; null if it is none. */
    static IntPredicate property(String name) {
        String plain = name.replace("_", "").replace(" ", "").replace("-", "").toLowerCase(Locale.ROOT);
        IntPredicate known = switch (plain) {
            case "alpha", "alphabetic" -> Character::isAlphabetic;
            case "space", "whitespace" -> SPACE;
            case "word" -> WORD;
            case "digit" -> DIGIT;
            case "upper", "uppercase" -> Character::isUpperCase;
            case "lower", "lowercase" -> Character::isLowerCase;
            case "any" -> codePoint -> true;
            case "ascii" -> codePoint -> codePoint < 0x80;
            default -> null;
        };
        if (known != null) {
            return known;
        }
        IntPredicate category = UnicodeProperties.inCategory(plain);
        String script = plain.startsWith("script=") ? name.substring(name.indexOf('=') + 1) : name;
        return category != null ? category : UnicodeProperties.inScript(script);
    }

    /** {@code members} and what differs from them in case only. */
    static IntPredicate ignoringCase(IntPredicate members) {
        return codePoint -> {
            int upper = Character.toUpperCase(codePoint);
            return members.test(codePoint)
                    || members.test(upper)
                    || members.test(Character.toLowerCase(upper))
                    || members.test(Character.toLowerCase(codePoint));
        };
    }
}
