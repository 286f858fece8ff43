package io.promptmill.udf.constraint;

import io.promptmill.udf.error.ConfigException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/**
 * Regular expressions, in what the notations of Java, Python, ECMAScript and PCRE have in common, so that those match
 * whatever is made after them. Read are
 *
 * <ul>
 *   <li>characters; {@code .}, any but a line end (LF, CR, U+0085, U+2028, U+2029); sets with ranges and {@code ^};
 *   <li>{@code \d \w \s \D \W \S} of ASCII alone, {@code \p{..}} and {@code \P{..}} of a general category or a script;
 *   <li>{@code \t \n \r \f \v \0 \xHH \}{@code uHHHH \}{@code u{H..} \cX}, and any punctuation behind a backslash;
 *   <li>groups, which capture nothing, whatever their kind: {@code (..) (?:..) (?<name>..) (?P<name>..)};
 *   <li>alternatives, and the repetitions <code>* + ? {n} {n,} {n,m}</code>; a further {@code ?} makes one lazy, which
 *       changes nothing;
 *   <li>{@code ^} and {@code $}, the beginning and the end of the text, and not of a line;
 *   <li>{@code (?i)} at the beginning and {@code (?i:..)}: either case of the letters of ASCII.
 * </ul>
 *
 * What no automaton tells (looking around, back references) is refused by its name, as is what the notations read
 * differently. Every failure is a {@link ConfigException} that shows the expression, the place and what was expected.
 */
final class RegexParser {
    static final int MAXIMUM_LENGTH = 4096;
    private static final int MAXIMUM_DEPTH = 64;
    private static final int MAXIMUM_REPETITION = 1000;

    private static final CodePointSet NOT_LINE_END =
            CodePointSet.of("\n\r\u0085\u2028\u2029").complement();

    private final SourceCursor cursor;
    private final RegexSets sets;
    private int depth;

    private RegexParser(SourceCursor cursor) {
        this.cursor = cursor;
        sets = new RegexSets(cursor);
    }

    /**
     * The texts that match as a whole.
     *
     * @throws ConfigException also where there are none
     */
    static Grammar parse(String source) {
        Automaton automaton = automaton(source, true);
        if (Operations.isEmpty(automaton)) {
            throw new ConfigException(origin(source) + ": no text matches it; look for a '^' that does not stand at the"
                    + " beginning, or a '$' that does not stand at the end");
        }
        return Grammar.of("regex", new Expression.Regular(automaton));
    }

    /**
     * The texts that match, over code points without surrogates; deterministic and without dead states. Empty where no
     * text matches, such as for {@code a^}.
     *
     * @param anchored whether a text has to match as a whole; otherwise a part of it is enough, as for the keyword
     *     {@code pattern} of a JSON schema
     */
    static Automaton automaton(String pattern, boolean anchored) {
        if (pattern.length() > MAXIMUM_LENGTH) {
            throw new ConfigException(origin(pattern) + ": it has " + pattern.length()
                    + " characters; expected at most " + MAXIMUM_LENGTH);
        }
        return new RegexCompiler(origin(pattern)).compile(tree(pattern), anchored);
    }

    private static RegexNode tree(String pattern) {
        RegexParser parser = new RegexParser(new SourceCursor(origin(pattern), pattern, false));
        RegexNode node = parser.choice(parser.cursor.take("(?i)"));
        if (!parser.cursor.atEnd()) {
            throw parser.problem("a ')' closes no group; write \\) for the character");
        }
        return node;
    }

    private static String origin(String pattern) {
        return "the regular expression '" + SourceCursor.shortened(pattern) + "'";
    }

    private ConfigException problem(String what) {
        return cursor.problem(cursor.position(), what);
    }

    private RegexNode choice(boolean ignoreCase) {
        List<RegexNode> alternatives = new ArrayList<>();
        do {
            alternatives.add(sequence(ignoreCase));
        } while (cursor.take("|"));
        return alternatives.size() == 1 ? alternatives.get(0) : new RegexNode.Choice(alternatives);
    }

    private RegexNode sequence(boolean ignoreCase) {
        List<RegexNode> parts = new ArrayList<>();
        while (!cursor.atEnd() && !cursor.looksAt("|") && !cursor.looksAt(")")) {
            parts.add(repeated(ignoreCase));
        }
        return parts.size() == 1 ? parts.get(0) : new RegexNode.Sequence(parts);
    }

    private RegexNode repeated(boolean ignoreCase) {
        boolean anchor = cursor.looksAt("^") || cursor.looksAt("$");
        RegexNode part = atom(ignoreCase);
        if (anchor && isRepetition(cursor.peek())) {
            throw problem("'^' or '$' is repeated; write \\^ or \\$ for the character");
        }
        if (cursor.looksAt("{")) {
            return checked(count(part));
        }
        int least = cursor.looksAt("+") ? 1 : 0;
        int most = cursor.looksAt("?") ? 1 : Expression.UNBOUNDED;
        boolean any = cursor.take("*") || cursor.take("+") || cursor.take("?");
        return any ? checked(new RegexNode.Repetition(part, least, most)) : part;
    }

    /** Goes past what makes a repetition lazy, and refuses what must not follow one. */
    private RegexNode checked(RegexNode.Repetition repetition) {
        cursor.take("?");
        if (cursor.looksAt("+")) {
            throw problem("possessive repetitions are not supported: they match what no automaton tells; leave out"
                    + " the '+'");
        } else if (isRepetition(cursor.peek())) {
            throw problem("a repetition is repeated; put what comes before into a group, (?:...)");
        }
        return repetition;
    }

    private static boolean isRepetition(int codePoint) {
        return codePoint == '*' || codePoint == '+' || codePoint == '?' || codePoint == '{';
    }

    private RegexNode.Repetition count(RegexNode part) {
        int start = cursor.position();
        cursor.take("{");
        String least = cursor.digits();
        boolean open = cursor.take(",");
        String most = open ? cursor.digits() : least;
        if (least.isEmpty() || !cursor.take("}")) {
            throw cursor.problem(start, "a '{' begins no count; expected {n}, {n,} or {n,m}, or \\{ for the character");
        }
        int from = number(least, start);
        int to = most.isEmpty() ? Expression.UNBOUNDED : number(most, start);
        if (to < from) {
            throw cursor.problem(start, "the count " + cursor.since(start) + " ends before it begins");
        }
        return new RegexNode.Repetition(part, from, to);
    }

    private int number(String digits, int start) {
        String plain = digits.replaceFirst("^0+(?=.)", "");
        if (plain.length() > 9 || Integer.parseInt(plain) > MAXIMUM_REPETITION) {
            throw cursor.problem(
                    start,
                    "the count " + SourceCursor.shortened(cursor.since(start)) + " is too large; expected at most "
                            + MAXIMUM_REPETITION);
        }
        return Integer.parseInt(plain);
    }

    private RegexNode atom(boolean ignoreCase) {
        switch (cursor.peek()) {
            case '(':
                return group(ignoreCase);
            case '[':
                return new RegexNode.Characters(sets.bracket(ignoreCase));
            case '.':
                cursor.next();
                return new RegexNode.Characters(NOT_LINE_END);
            case '^':
                cursor.next();
                return new RegexNode.Anchor(false);
            case '$':
                cursor.next();
                return new RegexNode.Anchor(true);
            case '*', '+', '?', '{':
                throw problem("nothing stands before a repetition; write \\" + Character.toString(cursor.peek())
                        + " for the character");
            case ']', '}':
                throw problem("a '" + Character.toString(cursor.peek()) + "' closes nothing; write \\"
                        + Character.toString(cursor.peek()) + " for the character");
            case '\\':
                CodePointSet shorthand = sets.shorthand();
                return characters(
                        shorthand != null ? shorthand : CodePointSet.single(sets.escapedCharacter()), ignoreCase);
            default:
                return characters(CodePointSet.single(character()), ignoreCase);
        }
    }

    private int character() {
        int start = cursor.position();
        int codePoint = cursor.next();
        if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
            throw cursor.problem(start, "half of a surrogate pair, which is no character");
        }
        return codePoint;
    }

    private static RegexNode characters(CodePointSet set, boolean ignoreCase) {
        return new RegexNode.Characters(ignoreCase ? set.ignoringCase() : set);
    }

    private RegexNode group(boolean ignoreCase) {
        int start = cursor.position();
        if (++depth > MAXIMUM_DEPTH) {
            throw problem("groups lie more than " + MAXIMUM_DEPTH + " deep");
        }
        boolean folded = RegexGroups.open(cursor);
        RegexNode node = choice(ignoreCase || folded);
        if (!cursor.take(")")) {
            throw cursor.problem(start, "a '(' is not closed; expected ')' at the end of the group");
        }
        depth--;
        return node;
    }
}
