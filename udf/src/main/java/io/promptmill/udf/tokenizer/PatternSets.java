package io.promptmill.udf.tokenizer;

import io.promptmill.udf.tokenizer.PatternNode.Characters;
import java.util.function.IntPredicate;

/** Parses sets of characters: brackets, shorthands such as {@code \s}, properties such as {@code \p{L}}. */
final class PatternSets {
    private static final int MAXIMUM_DEPTH = 16;

    private final PatternScanner scanner;
    private int depth;

    PatternSets(PatternScanner scanner) {
        this.scanner = scanner;
    }

    /** The set in square brackets that stands here. */
    Characters bracket(boolean ignoreCase) {
        int start = scanner.position();
        IntPredicate members = members(ignoreCase);
        return new Characters(scanner.since(start) + ignoreCase, members);
    }

    private IntPredicate members(boolean ignoreCase) {
        if (++depth > MAXIMUM_DEPTH) {
            throw scanner.problem("sets lie more than " + MAXIMUM_DEPTH + " deep");
        }
        scanner.require("[");
        boolean complement = scanner.take("^");
        IntPredicate members = null;
        IntPredicate union = null;
        boolean first = true;
        while (first || !scanner.looksAt("]")) {
            if (scanner.take("&&")) {
                members = intersection(members, union);
                union = null;
            } else {
                IntPredicate item = item(ignoreCase);
                union = union == null ? item : union.or(item);
            }
            first = false;
        }
        scanner.require("]");
        depth--;
        IntPredicate all = intersection(members, union);
        IntPredicate folded = ignoreCase ? CharacterSet.ignoringCase(all) : all;
        return complement ? folded.negate() : folded;
    }

    private IntPredicate intersection(IntPredicate left, IntPredicate right) {
        if (right == null) {
            throw scanner.problem("a set has nothing on one side of &&");
        }
        return left == null ? right : left.and(right);
    }

    private IntPredicate item(boolean ignoreCase) {
        if (scanner.looksAt("[:")) {
            throw scanner.problem("a set of the form [:name:]");
        }
        if (scanner.looksAt("[")) {
            return members(ignoreCase);
        }
        Characters shorthand = shorthand();
        if (shorthand != null) {
            return shorthand.members();
        }
        int low = member();
        if (!scanner.looksAt("-") || scanner.looksAt("-]")) {
            return codePoint -> codePoint == low;
        }
        scanner.take("-");
        if (scanner.looksAt("[") || shorthand() != null) {
            throw scanner.problem("a range ends in a set");
        }
        int high = member();
        if (high < low) {
            throw scanner.problem("a range ends before it begins");
        }
        return codePoint -> codePoint >= low && codePoint <= high;
    }

    private int member() {
        return scanner.looksAt("\\") ? escapedCharacter() : scanner.next();
    }

    /** The set that an escape such as {@code \s} names; null, with nothing passed, where none stands here. */
    Characters shorthand() {
        int start = scanner.position();
        IntPredicate members;
        if (scanner.take("\\s")) {
            members = CharacterSet.SPACE;
        } else if (scanner.take("\\S")) {
            members = CharacterSet.SPACE.negate();
        } else if (scanner.take("\\d")) {
            members = CharacterSet.DIGIT;
        } else if (scanner.take("\\D")) {
            members = CharacterSet.DIGIT.negate();
        } else if (scanner.take("\\w")) {
            members = CharacterSet.WORD;
        } else if (scanner.take("\\W")) {
            members = CharacterSet.WORD.negate();
        } else if (scanner.take("\\p")) {
            members = property(false);
        } else if (scanner.take("\\P")) {
            members = property(true);
        } else {
            return null;
        }
        return new Characters(scanner.since(start), members);
    }

    private IntPredicate property(boolean complement) {
        String name;
        boolean negated = complement;
        if (scanner.take("{")) {
            negated ^= scanner.take("^");
            int start = scanner.position();
            while (!scanner.looksAt("}")) {
                scanner.next();
            }
            name = scanner.since(start);
            scanner.require("}");
        } else {
            name = Character.toString(scanner.next());
        }
        IntPredicate members = CharacterSet.property(name);
        if (members == null) {
            throw scanner.problem("property '" + Vocabulary.shortened(name) + "' is unknown");
        }
        return negated ? members.negate() : members;
    }

    /** The character that an escape stands for. */
    int escapedCharacter() {
        scanner.require("\\");
        int escaped = scanner.next();
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
            case 'a':
                return 0x07;
            case 'e':
                return 0x1B;
            case 'x':
                return scanner.take("{") ? scanner.hexadecimal("}") : scanner.hexadecimal(2);
            case 'u':
                return scanner.take("{") ? scanner.hexadecimal("}") : scanner.hexadecimal(4);
            default:
                if (Character.isLetterOrDigit(escaped)) {
                    throw scanner.problem("the escape \\" + Character.toString(escaped) + " is unknown");
                }
                return escaped;
        }
    }
}
