package io.promptmill.udf.constraint;

import java.util.HashMap;
import java.util.Map;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Transition;

/**
 * Turns an automaton over code points into one over the bytes of their UTF-8 (RFC 3629), which accepts nothing else. Lucene's
 * conversion takes overlong forms such as E0 80 80, too, where a range has characters of several lengths: harmless for bytes
 * that are UTF-8 anyway, which those of a model need not be. Not thread-safe.
 */
final class Utf8Conversion {
    private static final int[] LAST_OF_LENGTH = {0x7F, 0x7FF, 0xFFFF, 0x10FFFF};
    private static final int BITS_PER_BYTE = 6;

    private final Automaton.Builder result = new Automaton.Builder();
    /** States that go on to a state with a range of bytes, by both. */
    private final Map<Long, Integer> states = new HashMap<>();

    private Utf8Conversion() {}

    /**
     * An automaton with the UTF-8 of the texts; not deterministic.
     *
     * @param codePoints without surrogates
     */
    static Automaton of(Automaton codePoints) {
        return new Utf8Conversion().convert(codePoints);
    }

    private Automaton convert(Automaton codePoints) {
        for (int state = 0; state < codePoints.getNumStates(); state++) {
            result.createState();
            result.setAccept(state, codePoints.isAccept(state));
        }
        Transition transition = new Transition();
        for (int state = 0; state < codePoints.getNumStates(); state++) {
            int count = codePoints.initTransition(state, transition);
            for (int index = 0; index < count; index++) {
                codePoints.getNextTransition(transition);
                addByLength(state, transition.dest, transition.min, transition.max);
            }
        }
        return result.finish();
    }

    private void addByLength(int from, int to, int min, int max) {
        int first = min;
        for (int length = 1; length <= LAST_OF_LENGTH.length; length++) {
            int last = Math.min(max, LAST_OF_LENGTH[length - 1]);
            if (first <= last) {
                add(from, to, first, last, length);
                first = last + 1;
            }
        }
    }

    /** Cuts a range until each of its bytes runs over a range whatever the others are. */
    private void add(int from, int to, int min, int max, int length) {
        for (int bytes = 1; bytes < length; bytes++) {
            int tail = (1 << BITS_PER_BYTE * bytes) - 1;
            if ((min & ~tail) != (max & ~tail)) {
                if ((min & tail) != 0) {
                    add(from, to, min, min | tail, length);
                    add(from, to, (min | tail) + 1, max, length);
                    return;
                }
                if ((max & tail) != tail) {
                    add(from, to, min, (max & ~tail) - 1, length);
                    add(from, to, max & ~tail, max, length);
                    return;
                }
            }
        }
        int next = to;
        for (int index = length - 1; index > 0; index--) {
            next = before(next, byteOf(min, index, length), byteOf(max, index, length));
        }
        result.addTransition(from, next, byteOf(min, 0, length), byteOf(max, 0, length));
    }

    private int before(int next, int min, int max) {
        return states.computeIfAbsent(((long) next << 16) + (min << 8) + max, key -> {
            int state = result.createState();
            result.addTransition(state, next, min, max);
            return state;
        });
    }

    private static int byteOf(int codePoint, int index, int length) {
        int bits = codePoint >> BITS_PER_BYTE * (length - 1 - index);
        if (index > 0) {
            return 0x80 | bits & 0x3F;
        }
        return length == 1 ? bits : 0xF00 >> length & 0xFF | bits;
    }
}
