package io.promptmill.udf.unicode;

import java.util.Locale;
import java.util.function.IntPredicate;

/** General categories and scripts of code points, as far as the running JDK's Unicode knows them. */
public final class UnicodeProperties {
    /** Two letters for each value of {@link Character#getType}, by that value. */
    private static final String CATEGORIES = "CnLuLlLtLmLoMnMeMcNdNlNoZsZlZpCcCf??CoCsPdPsPePcPoSmScSkSoPiPf";

    private UnicodeProperties() {}

    /** The general category of {@code codePoint} in two letters, such as {@code Lu}. */
    public static String category(int codePoint) {
        int type = Character.getType(codePoint);
        return CATEGORIES.substring(2 * type, 2 * type + 2);
    }

    /**
     * The code points of a general category; null if there is none of that name.
     *
     * @param name one or two letters such as {@code l} and {@code lu}, or a long name such as {@code uppercaseletter}; in
     *     lower case, without underscores and spaces
     */
    public static IntPredicate inCategory(String name) {
        String category = categoryNamed(name);
        if (category == null) {
            return null;
        }
        boolean[] types = new boolean[CATEGORIES.length() / 2];
        for (int type = 0; type < types.length; type++) {
            types[type] = CATEGORIES.startsWith(category, 2 * type);
        }
        return codePoint -> types[Character.getType(codePoint)];
    }

    /** The code points of the script called {@code name}, such as {@code Greek} or {@code Grek}; null if there is none. */
    public static IntPredicate inScript(String name) {
        try {
            Character.UnicodeScript wanted = Character.UnicodeScript.forName(name.trim());
            return codePoint -> Character.UnicodeScript.of(codePoint) == wanted;
        } catch (IllegalArgumentException unknown) {
            return null;
        }
    }

    private static String categoryNamed(String name) {
        if (name.length() <= 2 && !name.isEmpty()) {
            String category = name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
            for (int at = 0; at < CATEGORIES.length(); at += 2) {
                if (CATEGORIES.startsWith(category, at)) {
                    return category;
                }
            }
            return null;
        }
        return switch (name) {
            case "letter" -> "L";
            case "uppercaseletter" -> "Lu";
            case "lowercaseletter" -> "Ll";
            case "titlecaseletter" -> "Lt";
            case "modifierletter" -> "Lm";
            case "otherletter" -> "Lo";
            case "mark" -> "M";
            case "nonspacingmark" -> "Mn";
            case "number" -> "N";
            case "decimalnumber" -> "Nd";
            case "punctuation" -> "P";
            case "symbol" -> "S";
            case "separator" -> "Z";
            case "other" -> "C";
            default -> null;
        };
    }
}
