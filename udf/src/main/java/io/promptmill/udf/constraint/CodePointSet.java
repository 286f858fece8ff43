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
        BitSet scalars = (BitSet) members.clone();
        scalars.clear(Character.MIN_SURROGATE, Character.MAX_SURROGATE + 1);
        int[] bounds = new int[16];
        int size = 0;
        for (int from = scalars.nextSetBit(0); from >= 0; from = scalars.nextSetBit(bounds[size - 1])) {
            if (size + 2 > bounds.length) {
                bounds = Arrays.copyOf(bounds, 2 * size);
            }
            bounds[size++] = from;
            bounds[size++] = scalars.nextClearBit(from);
        }
        return new CodePointSet(Arrays.copyOf(bounds, size));
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
        BitSet members = new BitSet();
        members.set(first, last + 1);
        return of(members);
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
        BitSet members = members();
        members.flip(0, END);
        return of(members);
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

    boolean isEmpty() {
        return bounds.length == 0;
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
