package io.promptmill.udf.tokenizer;

/** Goes through the text of a regular expression. */
final class PatternScanner {
    private final String source;
    private int position;

    PatternScanner(String source) {
        this.source = source;
    }

    boolean atEnd() {
        return position >= source.length();
    }

    boolean looksAt(String expected) {
        return source.startsWith(expected, position);
    }

    /** Goes past {@code expected} if it stands here. */
    boolean take(String expected) {
        boolean here = looksAt(expected);
        position += here ? expected.length() : 0;
        return here;
    }

    void require(String expected) {
        if (!take(expected)) {
            throw problem("'" + expected + "' is missing");
        }
    }

    /** The code point that stands here. */
    int peek() {
        if (atEnd()) {
            throw problem("something is missing");
        }
        return source.codePointAt(position);
    }

    /** The code point that stands here, which is passed. */
    int next() {
        int codePoint = peek();
        position += Character.charCount(codePoint);
        return codePoint;
    }

    int position() {
        return position;
    }

    /** The text from {@code start} to here. */
    String since(int start) {
        return source.substring(start, position);
    }

    /** Whether <code>{n}</code>, <code>{n,}</code>, <code>{,m}</code> or <code>{n,m}</code> stands here. */
    boolean atCount() {
        if (!looksAt("{")) {
            return false;
        }
        int end = source.indexOf('}', position);
        String inside = end < 0 ? "" : source.substring(position + 1, end);
        int comma = inside.indexOf(',');
        boolean digits = inside.chars().allMatch(unit -> unit >= '0' && unit <= '9' || unit == ',');
        return digits && inside.length() > (comma < 0 ? 0 : 1) && inside.indexOf(',', comma + 1) < 0 | comma < 0;
    }

    /** The decimal number that stands here, or -1. */
    int number() {
        int start = position;
        while (!atEnd() && source.charAt(position) >= '0' && source.charAt(position) <= '9') {
            position++;
        }
        return integer(source.substring(start, position), 10);
    }

    /** The hexadecimal number before {@code end}. */
    int hexadecimal(String end) {
        int close = source.indexOf(end, position);
        if (close < 0) {
            throw problem("'" + end + "' is missing");
        }
        String digits = source.substring(position, close);
        position = close + end.length();
        return codePoint(digits);
    }

    /** The hexadecimal number of {@code digits} digits. */
    int hexadecimal(int digits) {
        int end = Math.min(source.length(), position + digits);
        String number = source.substring(position, end);
        position = end;
        return codePoint(number);
    }

    private int codePoint(String digits) {
        int value = integer(digits, 16);
        if (!Character.isValidCodePoint(value)) {
            throw problem("'" + Vocabulary.shortened(digits) + "' is no code point");
        }
        return value;
    }

    private int integer(String digits, int radix) {
        try {
            return digits.isEmpty() ? -1 : Integer.parseInt(digits, radix);
        } catch (NumberFormatException e) {
            throw problem("'" + Vocabulary.shortened(digits) + "' is no number");
        }
    }

    IllegalArgumentException problem(String what) {
        return new IllegalArgumentException(what + ", at character " + (position + 1));
    }
}
