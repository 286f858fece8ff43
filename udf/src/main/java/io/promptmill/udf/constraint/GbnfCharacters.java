package io.promptmill.udf.constraint;

import java.util.BitSet;

/** Parses the texts and the classes of characters of a grammar. Not thread-safe. */
final class GbnfCharacters {
    private final SourceCursor cursor;

    GbnfCharacters(SourceCursor cursor) {
        this.cursor = cursor;
    }

    /** The text in double quotes that stands here. */
    Expression text() {
        int start = cursor.position();
        cursor.take("\"");
        StringBuilder text = new StringBuilder();
        while (!cursor.take("\"")) {
            if (cursor.atEnd()) {
                throw cursor.problem(start, "a text is not closed; expected '\"' at its end");
            }
            text.appendCodePoint(character());
        }
        return text.isEmpty() ? Expression.sequence() : Expression.text(text.toString());
    }

    /** The class in brackets that stands here. */
    CodePointSet set() {
        int start = cursor.position();
        cursor.take("[");
        boolean complement = cursor.take("^");
        BitSet members = new BitSet();
        while (!cursor.take("]")) {
            if (cursor.atEnd()) {
                throw cursor.problem(start, "a class is not closed; expected ']' at its end");
            }
            item(members);
        }
        if (members.isEmpty()) {
            throw cursor.problem(
                    start,
                    "the class " + cursor.since(start) + " is empty; expected characters in it, or '.'"
                            + " for any; write \\] for the character ']'");
        }
        CodePointSet set = CodePointSet.of(members);
        return complement ? set.complement() : set;
    }

    private void item(BitSet members) {
        int start = cursor.position();
        int low = character();
        int high = low;
        if (cursor.looksAt("-") && !cursor.looksAt("-]")) {
            cursor.take("-");
            high = cursor.atEnd() ? low : character();
        }
        if (high < low) {
            throw cursor.problem(start, "the range '" + cursor.since(start) + "' ends before it begins");
        }
        members.set(low, high + 1);
    }

    private int character() {
        int start = cursor.position();
        int codePoint = cursor.next();
        int value = codePoint == '\\' ? escaped(start) : codePoint;
        if (value >= Character.MIN_SURROGATE && value <= Character.MAX_SURROGATE) {
            throw cursor.problem(
                    start,
                    "'" + cursor.since(start) + "' is half of a surrogate pair, which is no character; write"
                            + " \\UHHHHHHHH with its code point");
        }
        return value;
    }

    private int escaped(int start) {
        int escaped = cursor.next();
        return switch (escaped) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case '\\', '"', '[', ']' -> escaped;
            case 'x' -> cursor.hexadecimal(2, start);
            case 'u' -> cursor.hexadecimal(4, start);
            case 'U' -> cursor.hexadecimal(8, start);
            default ->
                throw cursor.problem(
                        start,
                        "the escape '" + cursor.since(start) + "' is unknown; expected one of \\n \\r \\t \\\\ \\\" \\["
                                + " \\] \\xHH \\uHHHH \\UHHHHHHHH");
        };
    }
}
