package io.promptmill.udf.constraint;

import io.promptmill.udf.unicode.UnicodeProperties;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;

/** Parses sets of characters of a regular expression, and escapes. Not thread-safe. */
final class RegexSets {
    /** Each is tried on every code point, some 10 ms. */
    private static final int MAXIMUM_PROPERTIES = 16;
    /** Those that were asked for, by name; there are some hundred. */
    private static final Map<String, CodePointSet> PROPERTIES = new ConcurrentHashMap<>();

    private static final CodePointSet DIGIT = CodePointSet.range('0', '9');
    private static final CodePointSet SPACE = CodePointSet.of(" \t\n\u000B\f\r");
    private static final CodePointSet WORD = DIGIT.union(CodePointSet.range('a', 'z'))
            .union(CodePointSet.range('A', 'Z'))
            .union(CodePointSet.single('_'));

    private final SourceCursor cursor;
    private final Set<String> properties = new HashSet<>();

    RegexSets(SourceCursor cursor) {
        this.cursor = cursor;
    }

    /** The set in square brackets that stands here. */
    CodePointSet bracket(boolean ignoreCase) {
        int start = cursor.position();
        cursor.take("[");
        boolean complement = cursor.take("^");
        if (cursor.looksAt("]")) {
            throw cursor.problem(
                    cursor.position(), "a set begins with ']', which dialects read differently; write \\] for it");
        }
        BitSet members = new BitSet();
        while (!cursor.take("]")) {
            if (cursor.atEnd()) {
                throw cursor.problem(start, "a '[' is not closed; expected ']' at the end of the set");
            }
            item(members);
        }
        CodePointSet set = CodePointSet.of(members);
        CodePointSet folded = ignoreCase ? set.ignoringCase() : set;
        return complement ? folded.complement() : folded;
    }

    private void item(BitSet members) {
        int start = cursor.position();
        CodePointSet shorthand = shorthand();
        if (shorthand != null) {
            members.or(shorthand.members());
            if (cursor.take("-")) {
                members.set('-');
            }
            return;
        }
        int low = member();
        if (!cursor.looksAt("-") || cursor.looksAt("-]")) {
            members.set(low);
            return;
        }
        cursor.take("-");
        int upper = cursor.position();
        if (cursor.atEnd()) {
            return;
        }
        if (shorthand() != null) {
            throw cursor.problem(upper, "a range ends in a set; write \\- for the character '-'");
        }
        int high = member();
        if (high < low) {
            throw cursor.problem(start, "the range '" + cursor.since(start) + "' ends before it begins");
        }
        members.set(low, high + 1);
    }

    private int member() {
        int at = cursor.position();
        if (cursor.looksAt("[:") || cursor.looksAt("[.") || cursor.looksAt("[=")) {
            throw cursor.problem(at, "sets of the form [:name:] are not supported; write the range, as in [a-z]");
        } else if (cursor.looksAt("[")) {
            throw cursor.problem(at, "a '[' stands in a set, which dialects read differently; write \\[ for it");
        } else if (cursor.looksAt("&&")) {
            throw cursor.problem(at, "'&&' stands in a set, which dialects read differently; write \\& for '&'");
        }
        return cursor.looksAt("\\") ? escapedCharacter() : cursor.next();
    }

    /** The set that an escape such as {@code \d} stands for, which is passed; null where none stands here. */
    CodePointSet shorthand() {
        if (cursor.take("\\d")) {
            return DIGIT;
        } else if (cursor.take("\\D")) {
            return DIGIT.complement();
        } else if (cursor.take("\\w")) {
            return WORD;
        } else if (cursor.take("\\W")) {
            return WORD.complement();
        } else if (cursor.take("\\s")) {
            return SPACE;
        } else if (cursor.take("\\S")) {
            return SPACE.complement();
        } else if (cursor.looksAt("\\p") || cursor.looksAt("\\P")) {
            return property();
        }
        return null;
    }

    private CodePointSet property() {
        int start = cursor.position();
        cursor.next();
        boolean complement = cursor.next() == 'P';
        int from = cursor.position();
        if (cursor.take("{")) {
            while (!cursor.take("}")) {
                if (cursor.next() == SourceCursor.NOTHING) {
                    throw cursor.problem(start, "a property is not closed; expected \\p{L} or the like");
                }
            }
        } else {
            cursor.next();
        }
        CodePointSet set = property(cursor.since(from).replaceAll("[{}]", ""), start);
        return complement ? set.complement() : set;
    }

    private CodePointSet property(String name, int start) {
        String key = name.toLowerCase(Locale.ROOT);
        properties.add(key);
        if (properties.size() > MAXIMUM_PROPERTIES) {
            throw cursor.problem(start, "more than " + MAXIMUM_PROPERTIES + " different properties");
        }
        CodePointSet known = PROPERTIES.get(key);
        if (known != null) {
            return known;
        }
        IntPredicate members = members(key);
        if (members == null) {
            throw cursor.problem(
                    start,
                    "the property '" + SourceCursor.shortened(name)
                            + "' is unknown; expected a general category, as \\p{L} or \\p{Lu}, or a script, as"
                            + " \\p{Script=Greek}");
        }
        return PROPERTIES.computeIfAbsent(key, absent -> CodePointSet.matching(members));
    }

    /** @param name in lower case */
    private static IntPredicate members(String name) {
        if (!name.matches("([a-z_]+=)?[a-z_]+")) {
            return null;
        }
        String kind = name.substring(0, Math.max(0, name.indexOf('=')));
        String value = name.substring(name.indexOf('=') + 1);
        IntPredicate category = kind.isEmpty() || kind.equals("gc") || kind.equals("general_category")
                ? UnicodeProperties.inCategory(value.replace("_", ""))
                : null;
        boolean script = kind.isEmpty() || kind.equals("sc") || kind.equals("script");
        return category == null && script ? UnicodeProperties.inScript(value.replaceFirst("^is", "")) : category;
    }

    /** The character that the escape which stands here stands for. */
    int escapedCharacter() {
        int start = cursor.position();
        cursor.next();
        int escaped = cursor.next();
        switch (escaped) {
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'f':
                return '\f';
            case 'v':
                return 0x0B;
            case '0':
                return zero(start);
            case 'c':
                return control(start);
            case 'x':
                return cursor.hexadecimal(2, start);
            case 'u':
                return cursor.take("{") ? inBraces(start) : utf16(start);
            case SourceCursor.NOTHING:
                throw cursor.problem(start, "a '\\' stands at the end; expected the character that it escapes");
            default:
                return itself(escaped, start);
        }
    }

    private int zero(int start) {
        if (!cursor.digits().isEmpty()) {
            throw cursor.problem(start, "octal escapes are not supported; write \\xHH");
        }
        return 0;
    }

    private int control(int start) {
        int letter = cursor.next();
        if (!(letter >= 'a' && letter <= 'z' || letter >= 'A' && letter <= 'Z')) {
            throw cursor.problem(start, "'\\c' is not followed by a letter of ASCII");
        }
        return letter & 0x1F;
    }

    private int inBraces(int start) {
        int from = cursor.position();
        while (Character.digit(cursor.peek(), 16) >= 0) {
            cursor.next();
        }
        int digits = cursor.position() - from;
        boolean closed = cursor.looksAt("}");
        cursor.back(from);
        if (!closed || digits == 0) {
            throw cursor.problem(start, "'\\u{' is not followed by hexadecimal digits and '}'");
        }
        int codePoint = cursor.hexadecimal(digits, start);
        cursor.take("}");
        return scalar(codePoint, start);
    }

    /** Four digits, or twice four that spell a surrogate pair. */
    private int utf16(int start) {
        int unit = cursor.hexadecimal(4, start);
        if (Character.isHighSurrogate((char) unit) && cursor.take("\\u")) {
            int second = cursor.hexadecimal(4, start);
            if (Character.isLowSurrogate((char) second)) {
                return Character.toCodePoint((char) unit, (char) second);
            }
        }
        return scalar(unit, start);
    }

    private int scalar(int codePoint, int start) {
        if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
            throw cursor.problem(
                    start, "'" + cursor.since(start) + "' is half of a surrogate pair, which is no character");
        }
        return codePoint;
    }

    private int itself(int escaped, int start) {
        String what = "\\" + Character.toString(escaped);
        if (escaped >= '1' && escaped <= '9' || escaped == 'k' || escaped == 'g') {
            throw cursor.problem(start, "back references (" + what + ") are not supported: no automaton tells them");
        } else if (escaped == 'b' || escaped == 'B') {
            throw cursor.problem(
                    start, "word boundaries (" + what + ") are not supported; spell out what stands there");
        } else if (escaped == 'A') {
            throw cursor.problem(start, "the escape \\A is not supported; write ^ for the beginning of the text");
        } else if (escaped == 'z' || escaped == 'Z') {
            throw cursor.problem(start, "the escape " + what + " is not supported; write $ for the end of the text");
        } else if (Character.isLetterOrDigit(escaped)) {
            throw cursor.problem(
                    start,
                    "the escape " + what
                            + " is not supported; expected one of \\d \\w \\s \\D \\W \\S \\p \\P \\t \\n \\r"
                            + " \\f \\v \\0 \\x \\u \\c, or a punctuation character");
        }
        return escaped;
    }
}
