package io.promptmill.udf.constraint;

import java.util.Arrays;

/**
 * A set of stacks of a push-down automaton: by the state on top, in ascending order, what lies below it. What lies below is a
 * set of stacks again, of the states to return to. The first state may be {@link #BOTTOM}, the empty stack. Immutable and
 * thread-safe.
 *
 * <p>Equal where the states are, and what lies below is the same object. {@link PushdownMachine} makes equal ones the same
 * object, so that this costs nothing; where it has forgotten one, equal sets count as different, which costs time only.
 */
final class Stacks {
    /** As a state: nothing is on the stack. */
    static final int BOTTOM = -1;

    private final int[] states;
    private final Stacks[] below;
    private final int closing;
    private final int hash;
    /** Derived from this set by {@link PushdownMachine}, which keeps it here; racing threads write equal values. */
    private volatile Stacks returned;

    /**
     * @param below null for {@link #BOTTOM}
     * @param closing bytes of a shortest way to the end of the text
     */
    Stacks(int[] states, Stacks[] below, int closing) {
        this.states = states;
        this.below = below;
        this.closing = closing;
        int code = Arrays.hashCode(states);
        for (Stacks stacks : below) {
            code = 31 * code + (stacks == null ? 0 : stacks.hash);
        }
        this.hash = code;
    }

    /** How many tops there are. */
    int size() {
        return states.length;
    }

    int state(int index) {
        return states[index];
    }

    Stacks below(int index) {
        return below[index];
    }

    int closing() {
        return closing;
    }

    /** True where the empty stack is one of the set. */
    boolean hasBottom() {
        return states[0] == BOTTOM;
    }

    /** True where the empty stack is all there is. */
    boolean isBottom() {
        return states.length == 1 && states[0] == BOTTOM;
    }

    Stacks returned() {
        return returned;
    }

    void keepReturned(Stacks stacks) {
        returned = stacks;
    }

    @Override
    public boolean equals(Object other) {
        if (this == other) {
            return true;
        }
        if (!(other instanceof Stacks that) || hash != that.hash || !Arrays.equals(states, that.states)) {
            return false;
        }
        for (int index = 0; index < below.length; index++) {
            if (below[index] != that.below[index]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
