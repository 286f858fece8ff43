package io.promptmill.udf.prompt.template;

import java.util.ArrayList;
import java.util.List;

/** Finds words and commas of an expression that stand outside of its strings and brackets. */
final class ExpressionSplitter {

    private ExpressionSplitter() {}

    /** Where the word starts, or -1. */
    static int word(String expression, String word) {
        int depth = 0;
        for (int i = 0; i < expression.length(); i++) {
            char character = expression.charAt(i);
            if (character == '\'' || character == '"') {
                i = endOfString(expression, i);
            } else if (isOpening(character)) {
                depth++;
            } else if (isClosing(character)) {
                depth--;
            } else if (depth == 0
                    && expression.startsWith(word, i)
                    && !isPartOfName(expression, i - 1)
                    && !isPartOfName(expression, i + word.length())) {
                return i;
            }
        }
        return -1;
    }

    /** The parts between commas; empty parts are left out. */
    static List<String> commas(String expression) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < expression.length(); i++) {
            char character = expression.charAt(i);
            if (character == '\'' || character == '"') {
                i = endOfString(expression, i);
            } else if (isOpening(character)) {
                depth++;
            } else if (isClosing(character)) {
                depth--;
            } else if (character == ',' && depth == 0) {
                parts.add(expression.substring(start, i));
                start = i + 1;
            }
        }
        parts.add(expression.substring(start));
        parts.removeIf(String::isBlank);
        return parts;
    }

    private static boolean isOpening(char character) {
        return character == '(' || character == '[' || character == '{';
    }

    private static boolean isClosing(char character) {
        return character == ')' || character == ']' || character == '}';
    }

    private static boolean isPartOfName(String text, int index) {
        return index >= 0
                && index < text.length()
                && (Character.isJavaIdentifierPart(text.charAt(index)) || text.charAt(index) == '.');
    }

    private static int endOfString(String text, int start) {
        char quote = text.charAt(start);
        int i = start + 1;
        while (i < text.length() && text.charAt(i) != quote) {
            i += text.charAt(i) == '\\' ? 2 : 1;
        }
        return i;
    }
}
