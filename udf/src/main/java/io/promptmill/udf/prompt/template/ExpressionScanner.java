package io.promptmill.udf.prompt.template;

import com.hubspot.jinjava.el.ext.ExtendedScanner;
import java.util.Set;
import jinjava.de.odysseus.el.tree.impl.Scanner;

/** Tokens of a Jinja expression: Jinjava's, less the words of other languages and with Python's string escapes. */
final class ExpressionScanner extends ExtendedScanner {
    /** Words such as {@code empty}, {@code mod} or {@code eq} are names in Jinja. */
    private static final Set<String> KEYWORDS =
            Set.of("and", "or", "not", "if", "else", "in", "true", "false", "True", "False");

    ExpressionScanner(String input) {
        super(input);
    }

    @Override
    protected Token keyword(String word) {
        return KEYWORDS.contains(word) ? super.keyword(word) : null;
    }

    @Override
    protected Token nextEval() throws ScanException {
        if (getInput().charAt(getPosition()) == '+') {
            return fixed(Scanner.Symbol.PLUS);
        }
        return super.nextEval();
    }

    @Override
    protected Token nextString() throws ScanException {
        String input = getInput();
        char quote = input.charAt(getPosition());
        StringBuilder text = new StringBuilder();
        for (int i = getPosition() + 1; i < input.length(); i++) {
            char character = input.charAt(i);
            if (character == quote) {
                return token(Scanner.Symbol.STRING, text.toString(), i + 1 - getPosition());
            }
            if (character != '\\' || i + 1 == input.length()) {
                text.append(character);
                continue;
            }
            char escaped = input.charAt(++i);
            int digits = escaped == 'x' ? 2 : escaped == 'u' ? 4 : escaped == 'U' ? 8 : 0;
            if (digits > 0) {
                text.appendCodePoint(codePoint(i + 1, digits));
                i += digits;
            } else {
                unescape(escaped, text);
            }
        }
        throw new ScanException(getPosition(), "a string is never closed", String.valueOf(quote));
    }

    private static void unescape(char escaped, StringBuilder text) {
        switch (escaped) {
            case 'n' -> text.append('\n');
            case 't' -> text.append('\t');
            case 'r' -> text.append('\r');
            case 'b' -> text.append('\b');
            case 'f' -> text.append('\f');
            case 'v' -> text.append('\u000b');
            case 'a' -> text.append('\u0007');
            case '0' -> text.append('\0');
            case '\n' -> {}
            case '\\', '\'', '"' -> text.append(escaped);
            default -> text.append('\\').append(escaped);
        }
    }

    private int codePoint(int start, int digits) throws ScanException {
        String input = getInput();
        int value = 0;
        for (int i = start; i < start + digits; i++) {
            int digit = i < input.length() ? Character.digit(input.charAt(i), 16) : -1;
            if (digit < 0) {
                throw new ScanException(i, "a broken escape in a string", digits + " hexadecimal digits");
            }
            value = value << 4 | digit;
        }
        if (!Character.isValidCodePoint(value)) {
            throw new ScanException(start, "an escape beyond U+10FFFF", "a code point");
        }
        return value;
    }
}
