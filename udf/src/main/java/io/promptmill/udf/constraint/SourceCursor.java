package io.promptmill.udf.constraint;

import io.promptmill.udf.error.ConfigException;

/** Goes through a user's text, by code points, and tells where in it a problem lies. Not thread-safe. */
final class SourceCursor {
    /** What {@link #peek} gives behind the last character. */
    static final int NOTHING = -1;

    private final String origin;
    private final String source;
    private final boolean lines;
    private int position;

    /**
     * @param origin names the text, for messages
     * @param lines whether places are told by line and column, both from 1; otherwise as the number of characters before
     */
    SourceCursor(String origin, String source, boolean lines) {
        this.origin = origin;
        this.source = source;
        this.lines = lines;
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

    /** The code point that stands here, or {@link #NOTHING}. */
    int peek() {
        return atEnd() ? NOTHING : source.codePointAt(position);
    }

    /** The code point that stands here, which is passed; or {@link #NOTHING}. */
    int next() {
        int codePoint = peek();
        position += atEnd() ? 0 : Character.charCount(codePoint);
        return codePoint;
    }

    /** An index of the text, for {@link #since}, {@link #problem} and {@link #back}. */
    int position() {
        return position;
    }

    void back(int earlier) {
        position = earlier;
    }

    /** The text from {@code start} to here. */
    String since(int start) {
        return source.substring(start, position);
    }

    /** The decimal digits that stand here, which are passed; perhaps none. */
    String digits() {
        int start = position;
        while (!atEnd() && source.charAt(position) >= '0' && source.charAt(position) <= '9') {
            position++;
        }
        return since(start);
    }

    /**
     * The code point that hexadecimal digits spell.
     *
     * @param start where its notation begins, for the message
     */
    int hexadecimal(int digits, int start) {
        int value = 0;
        for (int count = 0; count < digits; count++) {
            int digit = atEnd() ? -1 : Character.digit(source.charAt(position), 16);
            if (digit < 0 || source.charAt(position) >= 0x80) {
                throw problem(start, "'" + since(start) + "' is not followed by " + digits + " hexadecimal digits");
            }
            value = value > Character.MAX_CODE_POINT ? value : value << 4 | digit;
            position++;
        }
        if (!Character.isValidCodePoint(value)) {
            throw problem(start, "'" + since(start) + "' is beyond the last code point, 10FFFF");
        }
        return value;
    }

    /** Ends in the place, as in {@code ... at character 7}. */
    ConfigException problem(int at, String what) {
        return new ConfigException(origin + ": " + what + ", at " + place(at));
    }

    private String place(int at) {
        String before = source.substring(0, at);
        if (!lines) {
            return "character " + before.codePointCount(0, at) + " (counted from 0)";
        }
        int lineStart = before.lastIndexOf('\n') + 1;
        long line = 1 + before.chars().filter(unit -> unit == '\n').count();
        return "line " + line + ", column " + (1 + before.codePointCount(lineStart, at));
    }

    /** A text as a message shows it. */
    static String shortened(String text) {
        return text.length() <= 80 ? text : text.substring(0, text.offsetByCodePoints(0, 40)) + "...";
    }
}
