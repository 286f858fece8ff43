package io.promptmill.udf.constraint;

import java.util.List;
import java.util.Map;

/** The kinds of groups of regular expressions. */
final class RegexGroups {
    /** What is refused, by what it begins with; the longer beginnings first. */
    private static final List<Map.Entry<String, String>> REFUSED = List.of(
            Map.entry("(?=", "looking ahead, (?=...), is not supported; spell out what may follow"),
            Map.entry("(?!", "looking ahead, (?!...), is not supported; spell out what may follow"),
            Map.entry("(?<=", "looking behind, (?<=...), is not supported; spell out what may stand before"),
            Map.entry("(?<!", "looking behind, (?<!...), is not supported; spell out what may stand before"),
            Map.entry("(?>", "atomic groups, (?>...), are not supported; write (?:...)"),
            Map.entry("(?(", "conditionals, (?(...)...), are not supported; write alternatives"),
            Map.entry("(?#", "comments, (?#...), are not supported; leave them out"),
            Map.entry("(?P=", "back references, (?P=name), are not supported: no automaton tells them"),
            Map.entry("(?P>", "recursion, (?P>name), is not supported; use a grammar"),
            Map.entry("(?&", "recursion, (?&name), is not supported; use a grammar"),
            Map.entry("(?R", "recursion, (?R), is not supported; use a grammar"),
            Map.entry("(?|", "groups of the kind (?|...) are not supported; write (?:...)"));

    private RegexGroups() {}

    /** Goes past the beginning of the group that stands here; true where it ignores case. */
    static boolean open(SourceCursor cursor) {
        int start = cursor.position();
        cursor.take("(");
        if (cursor.looksAt("*")) {
            throw cursor.problem(start, "verbs, (*...), are not supported; write \\* for the character");
        } else if (!cursor.looksAt("?") || cursor.take("?:")) {
            return false;
        } else if (cursor.take("?i:")) {
            return true;
        }
        cursor.back(start);
        for (Map.Entry<String, String> kind : REFUSED) {
            if (cursor.looksAt(kind.getKey())) {
                throw cursor.problem(start, kind.getValue());
            }
        }
        if (cursor.take("(?<") || cursor.take("(?P<")) {
            name(cursor);
            return false;
        } else if (cursor.looksAt("(?i)")) {
            throw cursor.problem(start, "(?i) stands behind something else; put it first, or write (?i:...)");
        }
        throw cursor.problem(
                start, "a group of this kind is not supported; expected (...), (?:...), (?<name>...) or (?i:...)");
    }

    private static void name(SourceCursor cursor) {
        int start = cursor.position();
        while (isNamePart(cursor.peek(), cursor.position() == start)) {
            cursor.next();
        }
        if (cursor.position() == start || !cursor.take(">")) {
            throw cursor.problem(start, "expected the name of a group, of letters and digits of ASCII, and '>'");
        }
    }

    private static boolean isNamePart(int codePoint, boolean first) {
        return codePoint >= 'a' && codePoint <= 'z'
                || codePoint >= 'A' && codePoint <= 'Z'
                || codePoint == '_'
                || !first && codePoint >= '0' && codePoint <= '9';
    }
}
