package io.promptmill.udf.tokenizer;

import static io.promptmill.udf.tokenizer.PatternNode.Greed.GREEDY;
import static io.promptmill.udf.tokenizer.PatternNode.Greed.LAZY;
import static io.promptmill.udf.tokenizer.PatternNode.Greed.POSSESSIVE;

import io.promptmill.udf.tokenizer.PatternNode.Characters;
import io.promptmill.udf.tokenizer.PatternNode.Choice;
import io.promptmill.udf.tokenizer.PatternNode.Greed;
import io.promptmill.udf.tokenizer.PatternNode.Literal;
import io.promptmill.udf.tokenizer.PatternNode.Repetition;
import io.promptmill.udf.tokenizer.PatternNode.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Parses regular expressions as Oniguruma writes them (https://github.com/kkos/oniguruma/blob/master/doc/RE), as far as
 * pre-tokenizers use them: sets, properties, groups, alternatives, repetitions, looking ahead. Everything else is refused
 * with its place, because reading it differently would silently give other tokens.
 */
final class PatternParser {
    static final int MAXIMUM_LENGTH = 2048;
    private static final int MAXIMUM_DEPTH = 32;
    private static final int MAXIMUM_REPETITION = 1000;

    private final PatternScanner scanner;
    private final PatternSets sets;
    private int depth;

    private PatternParser(String source) {
        scanner = new PatternScanner(source);
        sets = new PatternSets(scanner);
    }

    /**
     * @throws IllegalArgumentException with what cannot be understood, and where
     */
    static PatternNode parse(String source) {
        if (source.length() > MAXIMUM_LENGTH) {
            throw new IllegalArgumentException("longer than " + MAXIMUM_LENGTH + " characters");
        }
        PatternParser parser = new PatternParser(source);
        PatternNode node = parser.choice(false);
        if (!parser.scanner.atEnd()) {
            throw parser.scanner.problem("a bracket is closed that was not opened");
        }
        return node;
    }

    private PatternNode choice(boolean ignoreCase) {
        if (++depth > MAXIMUM_DEPTH) {
            throw scanner.problem("brackets lie more than " + MAXIMUM_DEPTH + " deep");
        }
        List<PatternNode> alternatives = new ArrayList<>();
        do {
            alternatives.add(sequence(ignoreCase, alternatives.isEmpty()));
        } while (scanner.take("|"));
        depth--;
        return alternatives.size() == 1 ? alternatives.get(0) : new Choice(alternatives);
    }

    private PatternNode sequence(boolean ignoreCase, boolean first) {
        List<PatternNode> parts = new ArrayList<>();
        while (!scanner.atEnd() && scanner.peek() != '|' && scanner.peek() != ')') {
            // It reaches to the end of its group, alternatives included.
            if (scanner.take("(?i)")) {
                if (!first || !parts.isEmpty()) {
                    throw scanner.problem("(?i) stands behind something else");
                }
                return choice(true);
            }
            parts.add(repeated(atom(ignoreCase)));
        }
        return parts.size() == 1 ? parts.get(0) : new Sequence(parts);
    }

    private PatternNode repeated(PatternNode atom) {
        PatternNode node = atom;
        while (true) {
            int least;
            int most;
            boolean counted = false;
            if (scanner.take("*")) {
                least = 0;
                most = Integer.MAX_VALUE;
            } else if (scanner.take("+")) {
                least = 1;
                most = Integer.MAX_VALUE;
            } else if (scanner.take("?")) {
                least = 0;
                most = 1;
            } else if (scanner.atCount()) {
                scanner.take("{");
                int number = scanner.number();
                least = number < 0 ? 0 : number;
                most = scanner.take(",") ? scanner.number() : number;
                most = most < 0 ? Integer.MAX_VALUE : most;
                scanner.require("}");
                counted = true;
            } else {
                return node;
            }
            node = repetition(node, least, most, greed(counted));
        }
    }

    /** Behind counts in braces, {@code +} is a further repetition, not a possessive one. */
    private Greed greed(boolean counted) {
        if (scanner.take("?")) {
            return LAZY;
        }
        return !counted && scanner.take("+") ? POSSESSIVE : GREEDY;
    }

    private PatternNode repetition(PatternNode part, int least, int most, Greed greed) {
        boolean endless = most == Integer.MAX_VALUE;
        if (least > MAXIMUM_REPETITION || !endless && (most > MAXIMUM_REPETITION || most < least)) {
            throw scanner.problem("a repetition is not within 0 to " + MAXIMUM_REPETITION);
        }
        if (endless && part.mayBeEmpty()) {
            throw scanner.problem("what may be empty is repeated without end");
        }
        PatternNode repeated = part instanceof Literal literal ? single(literal.codePoint(), false) : part;
        return new Repetition(repeated, least, most, greed);
    }

    private static PatternNode single(int codePoint, boolean ignoreCase) {
        IntPredicate members = other -> other == codePoint;
        return new Characters("=" + codePoint + ignoreCase, ignoreCase ? CharacterSet.ignoringCase(members) : members);
    }

    private PatternNode atom(boolean ignoreCase) {
        int next = scanner.peek();
        switch (next) {
            case '(':
                return group(ignoreCase);
            case '[':
                return sets.bracket(ignoreCase);
            case '.':
                scanner.next();
                return new Characters(".", codePoint -> codePoint != '\n');
            case '^':
                scanner.next();
                return new PatternNode.Place(PatternProgram.LINE_START, 0);
            case '$':
                scanner.next();
                return new PatternNode.Place(PatternProgram.LINE_END, 0);
            case '*', '+', '?':
                throw scanner.problem("nothing stands before a repetition");
            case '\\':
                return escape(ignoreCase);
            default:
                return character(scanner.next(), ignoreCase);
        }
    }

    private static PatternNode character(int codePoint, boolean ignoreCase) {
        return ignoreCase && Character.isLetter(codePoint) ? single(codePoint, true) : new Literal(codePoint);
    }

    private PatternNode escape(boolean ignoreCase) {
        if (scanner.take("\\b")) {
            return new PatternNode.Place(PatternProgram.BOUNDARY, 1);
        } else if (scanner.take("\\B")) {
            return new PatternNode.Place(PatternProgram.BOUNDARY, 0);
        } else if (scanner.take("\\A")) {
            return new PatternNode.Place(PatternProgram.TEXT_START, 0);
        } else if (scanner.take("\\z")) {
            return new PatternNode.Place(PatternProgram.TEXT_END, 0);
        }
        Characters shorthand = sets.shorthand();
        return shorthand != null ? shorthand : character(sets.escapedCharacter(), ignoreCase);
    }

    private PatternNode group(boolean ignoreCase) {
        PatternNode node;
        if (scanner.take("(?:")) {
            node = choice(ignoreCase);
        } else if (scanner.take("(?i:")) {
            node = choice(true);
        } else if (scanner.take("(?=")) {
            node = new PatternNode.LookAhead(choice(ignoreCase), true);
        } else if (scanner.take("(?!")) {
            node = new PatternNode.LookAhead(choice(ignoreCase), false);
        } else if (scanner.take("(?>")) {
            node = new PatternNode.Atomic(choice(ignoreCase));
        } else if (scanner.take("(?<=")) {
            node = lookBehind(choice(ignoreCase), true);
        } else if (scanner.take("(?<!")) {
            node = lookBehind(choice(ignoreCase), false);
        } else if (scanner.looksAt("(?")) {
            throw scanner.problem("a group of an unknown kind");
        } else {
            scanner.take("(");
            node = choice(ignoreCase);
        }
        scanner.require(")");
        return node;
    }

    private PatternNode lookBehind(PatternNode part, boolean wanted) {
        PatternNode set = part instanceof Literal literal ? single(literal.codePoint(), false) : part;
        if (set instanceof Characters characters) {
            return new PatternNode.LookBehind(characters, wanted);
        }
        throw scanner.problem("looking behind for more than one character");
    }
}
