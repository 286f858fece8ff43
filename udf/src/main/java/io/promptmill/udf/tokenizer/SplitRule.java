package io.promptmill.udf.tokenizer;

/**
 * One alternative of a pre-tokenizer's pattern, as a scanner: no backtracking beyond what its description states, no
 * recursion over the text, so no input can make it slow or exhaust the stack. Stateless and thread-safe.
 */
@FunctionalInterface
interface SplitRule {
    int NO_MATCH = -1;

    /** The end of the match that begins at {@code position} and stays below {@code end}, or {@link #NO_MATCH}. */
    int match(CodePoints text, int position, int end);

    /** One or more characters of {@code kinds}: {@code [kinds]+}. */
    static SplitRule run(int kinds) {
        return run(kinds, Integer.MAX_VALUE);
    }

    /** {@code [kinds]{1,most}} */
    static SplitRule run(int kinds, int most) {
        return (text, position, end) -> {
            int limit = end - position > most ? position + most : end;
            int next = position;
            while (next < limit && (text.kind(next) & kinds) != 0) {
                next++;
            }
            return next > position ? next : NO_MATCH;
        };
    }

    /** One or more of the code points between each pair of bounds, both inclusive. */
    static SplitRule runOf(int... bounds) {
        return (text, position, end) -> {
            int next = position;
            while (next < end && within(text.at(next), bounds)) {
                next++;
            }
            return next > position ? next : NO_MATCH;
        };
    }

    /** One or more code points that are neither white space nor among {@code excluded}. */
    static SplitRule runExcept(String excluded) {
        return (text, position, end) -> {
            int next = position;
            while (next < end && (text.kind(next) & CharacterKind.SPACE) == 0 && excluded.indexOf(text.at(next)) < 0) {
                next++;
            }
            return next > position ? next : NO_MATCH;
        };
    }

    /** These characters and no others. */
    static SplitRule literal(String characters) {
        return (text, position, end) -> {
            if (end - position < characters.length()) {
                return NO_MATCH;
            }
            for (int index = 0; index < characters.length(); index++) {
                if (text.at(position + index) != characters.charAt(index)) {
                    return NO_MATCH;
                }
            }
            return position + characters.length();
        };
    }

    /** {@code 's|'t|'re|'ve|'m|'ll|'d}; all but the first is read without regard to case where asked for. */
    static SplitRule contraction(boolean ignoreCase) {
        int fold = ignoreCase ? 0x20 : 0;
        return (text, position, end) -> {
            if (position + 1 >= end || text.at(position) != '\'') {
                return NO_MATCH;
            }
            int first = text.at(position + 1) | fold;
            if (first == 's' || first == 't' || first == 'm' || first == 'd') {
                return position + 2;
            }
            int second = position + 2 < end ? text.at(position + 2) | fold : 0;
            boolean matches = second == 'e' && (first == 'r' || first == 'v') || second == 'l' && first == 'l';
            return matches ? position + 3 : NO_MATCH;
        };
    }

    /** {@code \s*[\r\n]+}: white space through the last line break of its run. */
    static SplitRule lineBreaks() {
        return (text, position, end) -> {
            int match = NO_MATCH;
            for (int next = position; next < end; next++) {
                int kind = text.kind(next);
                if ((kind & CharacterKind.SPACE) == 0) {
                    break;
                }
                if (kind == CharacterKind.NEWLINE) {
                    match = next + 1;
                }
            }
            return match;
        };
    }

    /** {@code \s+(?!\S)|\s+}: a run of white space, less its last character where text follows. */
    static SplitRule spaces() {
        SplitRule run = run(CharacterKind.SPACE);
        return (text, position, end) -> {
            int next = run.match(text, position, end);
            return next > position + 1 && next < end ? next - 1 : next;
        };
    }

    /**
     * {@code [upper]*[lower]+} where {@code atLeastLower}, else {@code [upper]+[lower]*}; letters without case are in
     * both. The greedy first half hands back, where the second half would stay empty, just enough to fill it.
     */
    static SplitRule casedWord(int upper, int lower, boolean atLeastLower) {
        return (text, position, end) -> {
            int next = position;
            int lastInBoth = NO_MATCH;
            while (next < end && (text.kind(next) & upper) != 0) {
                lastInBoth = (text.kind(next) & lower) != 0 ? next : lastInBoth;
                next++;
            }
            int upperEnd = next;
            while (next < end && (text.kind(next) & lower) != 0) {
                next++;
            }
            if (atLeastLower) {
                return next > upperEnd ? next : lastInBoth < 0 ? NO_MATCH : lastInBoth + 1;
            }
            return upperEnd > position ? next : NO_MATCH;
        };
    }

    /** {@code [kinds]?rule}: with one character in front if there is one, else without. */
    default SplitRule after(int kinds) {
        return (text, position, end) -> {
            if ((text.kind(position) & kinds) != 0 && position + 1 < end) {
                int match = match(text, position + 1, end);
                if (match != NO_MATCH) {
                    return match;
                }
            }
            return match(text, position, end);
        };
    }

    /** This rule and then {@code following}, both required. */
    default SplitRule then(SplitRule following) {
        return (text, position, end) -> {
            int match = match(text, position, end);
            return match == NO_MATCH || match >= end ? NO_MATCH : following.match(text, match, end);
        };
    }

    /** This rule and then, if it matches, {@code following}. */
    default SplitRule thenMaybe(SplitRule following) {
        return (text, position, end) -> {
            int match = match(text, position, end);
            int longer = match == NO_MATCH || match >= end ? NO_MATCH : following.match(text, match, end);
            return longer == NO_MATCH ? match : longer;
        };
    }

    private static boolean within(int codePoint, int[] bounds) {
        for (int index = 0; index < bounds.length; index += 2) {
            if (codePoint >= bounds[index] && codePoint <= bounds[index + 1]) {
                return true;
            }
        }
        return false;
    }
}
