package io.promptmill.udf.constraint;

import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntPredicate;
import org.apache.lucene.util.automaton.Automaton;

/** A set of Unicode code points; surrogates are never among them. Immutable and thread-safe. */
final class CodePointSet {
    private static final int END = Character.MAX_CODE_POINT + 1;
    /** Every code point. */
    static final CodePointSet ALL = matching(codePoint -> true);

    /** In ascending order: the first member of a range, the first code point after it, and so on. */
    private final int[] bounds;

    private CodePointSet(int[] bounds) {
        this.bounds = bounds;
    }

    static CodePointSet of(BitSet members) {
        int[] bounds = new int[16];
        int size = 0;
        int from = members.nextSetBit(0);
        while (from >= 0) {
            int end = members.nextClearBit(from);
            bounds = size + 4 > bounds.length ? Arrays.copyOf(bounds, 2 * bounds.length) : bounds;
            size = append(bounds, size, from, end);
            from = members.nextSetBit(end);
        }
        return new CodePointSet(Arrays.copyOf(bounds, size));
    }

    /** Writes a range, without the surrogates in it, and returns the new size. */
    private static int append(int[] bounds, int size, int from, int end) {
        int next = size;
        if (from < Math.min(end, Character.MIN_SURROGATE)) {
            bounds[next++] = from;
            bounds[next++] = Math.min(end, Character.MIN_SURROGATE);
        }
        if (Math.max(from, Character.MAX_SURROGATE + 1) < end) {
            bounds[next++] = Math.max(from, Character.MAX_SURROGATE + 1);
            bounds[next++] = end;
        }
        return next;
    }

    /** The code points that stand in {@code characters}. */
    static CodePointSet of(String characters) {
        BitSet members = new BitSet();
        characters.codePoints().forEach(members::set);
        return of(members);
    }

    static CodePointSet single(int codePoint) {
        return range(codePoint, codePoint);
    }

    /** From {@code first} to {@code last}, both included. */
    static CodePointSet range(int first, int last) {
        int[] bounds = new int[4];
        return new CodePointSet(Arrays.copyOf(bounds, append(bounds, 0, first, last + 1)));
    }

    static CodePointSet matching(IntPredicate predicate) {
        BitSet members = new BitSet(END);
        for (int codePoint = 0; codePoint < END; codePoint++) {
            members.set(codePoint, predicate.test(codePoint));
        }
        return of(members);
    }

    CodePointSet union(CodePointSet other) {
        BitSet members = members();
        members.or(other.members());
        return of(members);
    }

    CodePointSet complement() {
        int[] others = new int[bounds.length + 4];
        int size = 0;
        int from = 0;
        for (int at = 0; at < bounds.length; at += 2) {
            size = append(others, size, from, bounds[at]);
            from = bounds[at + 1];
        }
        return new CodePointSet(Arrays.copyOf(others, append(others, size, from, END)));
    }

    /** These, and for every letter of ASCII among them its other case. */
    CodePointSet ignoringCase() {
        BitSet members = members();
        for (int lower = 'a'; lower <= 'z'; lower++) {
            int upper = lower - 'a' + 'A';
            if (members.get(lower) || members.get(upper)) {
                members.set(lower);
                members.set(upper);
            }
        }
        return of(members);
    }

    BitSet members() {
        BitSet members = new BitSet();
        for (int at = 0; at < bounds.length; at += 2) {
            members.set(bounds[at], bounds[at + 1]);
        }
        return members;
    }

    int ranges() {
        return bounds.length / 2;
    }

    int first(int range) {
        return bounds[2 * range];
    }

    /** The last code point of a range, itself a member. */
    int last(int range) {
        return bounds[2 * range + 1] - 1;
    }

    /** Texts of one code point, a member; deterministic. */
    Automaton automaton() {
        Automaton automaton = new Automaton();
        int start = automaton.createState();
        int end = automaton.createState();
        automaton.setAccept(end, true);
        for (int range = 0; range < ranges(); range++) {
            automaton.addTransition(start, end, first(range), last(range));
        }
        automaton.finishState();
        return automaton;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CodePointSet set && Arrays.equals(bounds, set.bounds);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bounds);
    }
}
