package io.promptmill.udf.constraint;

import java.util.BitSet;
import java.util.SplittableRandom;

/**
 * A random regular expression over the letters a, b and c, with all that combines parts, and what it matches.
 *
 * @param ends from places in a text to all places where a match from there may end
 * @param repeatsEmpty whether it repeats what may be empty, where matchers that go back differ from the theory
 */
record RandomRegex(String source, Ends ends, boolean mayBeEmpty, boolean repeatsEmpty) {
    private static final String[] SETS = {"a", "b", ".", "[ab]", "[^a]", "[b-z]", "\\w", "\\W", "[^\\d\\s]", "\\x63"};
    private static final String[] MEMBERS = {"a", "b", "abc", "ab", "bc", "bc", "abc", "", "abc", "c"};

    private static final String[] REPETITIONS = {"*", "+", "?", "{2}", "{0}", "{1,}", "{0,2}", "{2,3}", "*?", "+?", "??"
    };
    private static final int[] LEAST = {0, 1, 0, 2, 0, 1, 0, 2, 0, 1, 0};
    /** The texts are not longer than nine. */
    private static final int[] MOST = {9, 9, 1, 2, 0, 9, 2, 3, 9, 9, 1};

    interface Ends {
        BitSet of(String text, BitSet starts);
    }

    static RandomRegex of(SplittableRandom random, int depth) {
        int kind = random.nextInt(depth == 0 ? 3 : 12);
        if (kind < 2) {
            return set(random.nextInt(SETS.length));
        } else if (kind == 2) {
            return random.nextInt(3) > 0 ? set(0) : anchor(random.nextBoolean());
        }
        RandomRegex first = of(random, depth - 1);
        if (kind >= 9) {
            return repetition(first, random.nextInt(REPETITIONS.length));
        }
        RandomRegex second = kind == 7 && random.nextInt(4) == 0 ? nothing() : of(random, depth - 1);
        return kind < 7 ? sequence(first, second) : choice(first, second);
    }

    boolean matches(String text) {
        return ends.of(text, bits(0, 1)).get(text.length());
    }

    boolean isFoundIn(String text) {
        return !ends.of(text, bits(0, text.length() + 1)).isEmpty();
    }

    private static BitSet bits(int from, int to) {
        BitSet bits = new BitSet();
        bits.set(from, to);
        return bits;
    }

    private static RandomRegex nothing() {
        return new RandomRegex("", (text, starts) -> starts, true, false);
    }

    private static RandomRegex set(int index) {
        Ends ends = (text, starts) -> {
            BitSet found = new BitSet();
            starts.stream()
                    .filter(at -> at < text.length() && MEMBERS[index].indexOf(text.charAt(at)) >= 0)
                    .forEach(at -> found.set(at + 1));
            return found;
        };
        return new RandomRegex(SETS[index], ends, false, false);
    }

    private static RandomRegex anchor(boolean end) {
        Ends ends = (text, starts) -> {
            BitSet place = bits(end ? text.length() : 0, end ? text.length() + 1 : 1);
            place.and(starts);
            return place;
        };
        return new RandomRegex(end ? "$" : "^", ends, true, false);
    }

    private static RandomRegex sequence(RandomRegex first, RandomRegex second) {
        return new RandomRegex(
                first.source + second.source,
                (text, starts) -> second.ends.of(text, first.ends.of(text, starts)),
                first.mayBeEmpty && second.mayBeEmpty,
                first.repeatsEmpty || second.repeatsEmpty);
    }

    private static RandomRegex choice(RandomRegex first, RandomRegex second) {
        Ends ends = (text, starts) -> {
            BitSet either = (BitSet) first.ends.of(text, starts).clone();
            either.or(second.ends.of(text, starts));
            return either;
        };
        return new RandomRegex(
                "(" + first.source + "|" + second.source + ")",
                ends,
                first.mayBeEmpty || second.mayBeEmpty,
                first.repeatsEmpty || second.repeatsEmpty);
    }

    private static RandomRegex repetition(RandomRegex part, int kind) {
        Ends ends = (text, starts) -> {
            BitSet found = LEAST[kind] == 0 ? (BitSet) starts.clone() : new BitSet();
            BitSet reached = starts;
            for (int times = 1; times <= MOST[kind]; times++) {
                reached = part.ends.of(text, reached);
                if (times >= LEAST[kind]) {
                    found.or(reached);
                }
            }
            return found;
        };
        return new RandomRegex(
                "(?:" + part.source + ")" + REPETITIONS[kind],
                ends,
                part.mayBeEmpty || LEAST[kind] == 0,
                part.repeatsEmpty || part.mayBeEmpty);
    }
}
