package io.promptmill.udf.constraint;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.NearestName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Grammars in the GBNF notation of llama.cpp (https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md): rules
 * {@code name ::= ...} of texts in double quotes, classes in brackets, {@code .} for any character at all, names of rules,
 * groups, {@code |}, and the repetitions <code>* + ? {m} {m,} {m,n}</code>; {@code #} begins a comment. A rule ends with
 * its line, except within a group and behind {@code ::=} and {@code |}. The rule {@code root} describes whole texts.
 *
 * <p>Other than there, a rule that is defined twice is refused (there, the last one counts), as are empty classes, counts
 * beyond {@value #MAXIMUM_REPETITION} (there, endless), and references to tokens ({@code <think>}, {@code <[1000]>}). Every
 * failure is a {@link ConfigException} that names line and column, both from 1. Whether rules are recursive without an exit
 * is not looked at here.
 */
final class GbnfParser {
    private static final String ROOT = "root";
    private static final int MAXIMUM_LENGTH = 1 << 18;
    private static final int MAXIMUM_NAME = 128;
    private static final int MAXIMUM_DEPTH = 64;
    private static final int MAXIMUM_REPETITION = 2000;
    /** Of all rules, with their repetitions written out. */
    private static final long MAXIMUM_PARTS = 100_000;

    private final SourceCursor cursor;
    private final GbnfCharacters characters;
    private final Map<String, Expression> rules = new LinkedHashMap<>();
    /** Names to where they are first referred to. */
    private final Map<String, Integer> references = new LinkedHashMap<>();

    private int depth;
    private long parts;

    private GbnfParser(String source) {
        cursor = new SourceCursor("the grammar", source, true);
        characters = new GbnfCharacters(cursor);
    }

    /**
     * @throws ConfigException where it does not parse, is too large, or refers to a rule that it does not define
     */
    static Grammar parse(String source) {
        if (source.length() > MAXIMUM_LENGTH) {
            throw new ConfigException(
                    "the grammar has " + source.length() + " characters; expected at most " + MAXIMUM_LENGTH);
        }
        GbnfParser parser = new GbnfParser(source);
        parser.skip(true);
        while (!parser.cursor.atEnd()) {
            parser.rule();
        }
        parser.requireDefinitions();
        return new Grammar("grammar", parser.rules, ROOT);
    }

    private void requireDefinitions() {
        if (!rules.containsKey(ROOT)) {
            throw new ConfigException("the grammar: it has no rule '" + ROOT + "', which describes whole texts; "
                    + NearestName.hint(ROOT, rules.keySet()) + "rules are: "
                    + SourceCursor.shortened(rules.isEmpty() ? "none" : String.join(", ", rules.keySet())));
        }
        references.forEach((name, at) -> {
            if (!rules.containsKey(name)) {
                throw cursor.problem(
                        at,
                        "the rule '" + name + "' is not defined; " + NearestName.hint(name, rules.keySet())
                                + "expected a line '" + name + " ::= ...'");
            }
        });
    }

    /** Goes past blanks and comments. */
    private void skip(boolean lineEnds) {
        while (!cursor.atEnd()) {
            int next = cursor.peek();
            if (next == '#') {
                while (!cursor.atEnd() && !isLineEnd(cursor.peek())) {
                    cursor.next();
                }
            } else if (next == ' ' || next == '\t' || lineEnds && isLineEnd(next)) {
                cursor.next();
            } else {
                return;
            }
        }
    }

    private static boolean isLineEnd(int codePoint) {
        return codePoint == '\n' || codePoint == '\r';
    }

    private void rule() {
        int start = cursor.position();
        if (cursor.looksAt("|")) {
            throw cursor.problem(
                    start,
                    "a line begins with '|'; put it at the end of the line before, or the"
                            + " alternatives into a group");
        }
        String name = name("the name of a rule");
        skip(false);
        if (!cursor.take("::=")) {
            throw problem("expected '::=' behind the name '" + name + "'");
        }
        if (rules.containsKey(name)) {
            throw cursor.problem(
                    start, "the rule '" + name + "' is defined twice; remove one, or give it another name");
        }
        skip(true);
        rules.put(name, alternatives(false));
        if (!cursor.atEnd() && !isLineEnd(cursor.peek())) {
            throw unexpected();
        }
        skip(true);
    }

    private ConfigException unexpected() {
        return switch (cursor.peek()) {
            case ')' -> problem("a ')' closes no group");
            case ']', '}' -> problem("a '" + Character.toString(cursor.peek()) + "' closes nothing");
            case '<', '!' ->
                problem("references to tokens, such as <think>, <[1000]> and !<think>, are not supported; write what"
                        + " their text may be");
            case '\'' -> problem("texts stand in double quotes, not in single ones");
            case '_' -> problem("names are of letters, digits and '-'");
            case ':' -> problem("a ':' stands within a rule; expected the line to end before the next rule");
            default ->
                problem(
                        "'" + Character.toString(cursor.peek()) + "' begins nothing; expected a text in double quotes,"
                                + " a class in brackets, '.', '(', the name of a rule, '|', a repetition, or the end of the line");
        };
    }

    private ConfigException problem(String what) {
        return cursor.problem(cursor.position(), what);
    }

    private String name(String expected) {
        int start = cursor.position();
        while (isNamePart(cursor.peek())) {
            cursor.next();
        }
        String name = cursor.since(start);
        if (name.isEmpty()) {
            throw problem("expected " + expected + ", of letters, digits and '-'");
        } else if (name.length() > MAXIMUM_NAME) {
            throw cursor.problem(start, "a name has more than " + MAXIMUM_NAME + " characters");
        }
        return name;
    }

    private static boolean isNamePart(int codePoint) {
        return codePoint >= 'a' && codePoint <= 'z'
                || codePoint >= 'A' && codePoint <= 'Z'
                || codePoint >= '0' && codePoint <= '9'
                || codePoint == '-';
    }

    private Expression alternatives(boolean nested) {
        List<Expression> alternatives = new ArrayList<>();
        alternatives.add(sequence(nested));
        while (cursor.take("|")) {
            skip(true);
            alternatives.add(sequence(nested));
        }
        return alternatives.size() == 1 ? alternatives.get(0) : new Expression.Choice(alternatives);
    }

    /** @param nested whether it lies in a group, where lines may end */
    private Expression sequence(boolean nested) {
        List<Expression> sequence = new ArrayList<>();
        while (true) {
            long before = parts;
            Expression item = item();
            if (item == null) {
                return sequence.size() == 1 ? sequence.get(0) : new Expression.Sequence(sequence);
            }
            count(before, 1);
            skip(nested);
            sequence.add(repeated(item, before, nested));
        }
    }

    /** What stands here, which is passed; null where a sequence ends. */
    private Expression item() {
        int next = cursor.peek();
        if (next == '"') {
            return characters.text();
        } else if (next == '[') {
            return new Expression.Regular(characters.set().automaton());
        } else if (next == '(') {
            return group();
        } else if (cursor.take(".")) {
            return new Expression.Regular(CodePointSet.ALL.automaton());
        } else if (isNamePart(next)) {
            int start = cursor.position();
            String name = name("a rule");
            references.putIfAbsent(name, start);
            return new Expression.Reference(name);
        } else if (next == '*' || next == '+' || next == '?' || next == '{') {
            throw problem("nothing stands before the repetition '" + Character.toString(next) + "'");
        }
        return null;
    }

    private Expression group() {
        int start = cursor.position();
        if (++depth > MAXIMUM_DEPTH) {
            throw problem("groups lie more than " + MAXIMUM_DEPTH + " deep");
        }
        cursor.take("(");
        skip(true);
        Expression alternatives = alternatives(true);
        if (cursor.atEnd()) {
            throw cursor.problem(start, "a '(' is not closed; expected ')' at the end of the group");
        } else if (!cursor.take(")")) {
            throw unexpected();
        }
        depth--;
        return alternatives;
    }

    /**
     * The item with all repetitions that stand behind it.
     *
     * @param before how many parts there were before the item
     */
    private Expression repeated(Expression item, long before, boolean nested) {
        Expression repeated = item;
        while (true) {
            int least = cursor.looksAt("+") ? 1 : 0;
            int most = cursor.looksAt("?") ? 1 : Expression.UNBOUNDED;
            if (cursor.looksAt("{")) {
                Expression.Repetition counted = counted(repeated, nested);
                count(before, counted.most() == Expression.UNBOUNDED ? counted.least() + 1 : counted.most());
                repeated = counted;
            } else if (cursor.take("*") || cursor.take("+") || cursor.take("?")) {
                repeated = new Expression.Repetition(repeated, least, most);
            } else {
                return repeated;
            }
            skip(nested);
        }
    }

    /** Counts what was read since there were {@code before} parts as often as it is repeated, itself at least once. */
    private void count(long before, int times) {
        parts = before + Math.max(1, parts - before) * Math.max(1, times);
        if (parts > MAXIMUM_PARTS) {
            throw problem("with its repetitions written out the grammar has more than " + MAXIMUM_PARTS
                    + " parts; lower the counts, or use * and +");
        }
    }

    private Expression.Repetition counted(Expression part, boolean nested) {
        int start = cursor.position();
        cursor.take("{");
        skip(nested);
        int least = number(start);
        int most = least;
        skip(nested);
        if (cursor.take(",")) {
            skip(nested);
            boolean endless = cursor.looksAt("}");
            most = endless ? Expression.UNBOUNDED : number(start);
            skip(nested);
        }
        if (!cursor.take("}")) {
            throw cursor.problem(start, "a count is not closed; expected {m}, {m,} or {m,n}");
        } else if (most < least) {
            throw cursor.problem(start, "the count " + cursor.since(start) + " ends before it begins");
        }
        return new Expression.Repetition(part, least, most);
    }

    private int number(int start) {
        String digits = cursor.digits();
        if (digits.isEmpty()) {
            throw cursor.problem(start, "a count has no number; expected {m}, {m,} or {m,n}");
        } else if (digits.length() > 9 || Integer.parseInt(digits) > MAXIMUM_REPETITION) {
            throw cursor.problem(
                    start,
                    "the count " + SourceCursor.shortened(digits) + " is too large; expected at most "
                            + MAXIMUM_REPETITION + ", or * for any number");
        }
        return Integer.parseInt(digits);
    }
}
