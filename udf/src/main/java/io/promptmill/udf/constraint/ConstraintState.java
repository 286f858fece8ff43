package io.promptmill.udf.constraint;

/** How far a text has come in a {@link Constraint}. Immutable and thread-safe. */
public final class ConstraintState {
    ConstraintState() {}

    /** Tokens that may follow, a bit for each id; the end tokens among them where the text may end. Not to be changed. */
    public long[] mask() {
        throw new UnsupportedOperationException();
    }

    /** True where the token may follow; as {@link #mask}, but computed for this token alone. */
    public boolean allows(int token) {
        throw new UnsupportedOperationException();
    }

    /**
     * The state after a token with text.
     *
     * @throws IllegalArgumentException where it may not follow
     */
    public ConstraintState after(int token) {
        throw new UnsupportedOperationException();
    }

    /** The state after bytes of UTF-8, or null where they may not follow. */
    public ConstraintState after(byte[] bytes) {
        throw new UnsupportedOperationException();
    }

    /** True where the text may end here. */
    public boolean mayEnd() {
        throw new UnsupportedOperationException();
    }

    /** True where the text must end here: nothing may follow. */
    public boolean mustEnd() {
        throw new UnsupportedOperationException();
    }

    /** Bytes that follow in every text that goes on from here; empty where there is a choice, or the text may end. */
    public byte[] forced() {
        throw new UnsupportedOperationException();
    }

    /** Tokens that lead from here to an end by a shortest way of bytes; empty where the text may end here. */
    public int[] closing() {
        throw new UnsupportedOperationException();
    }

    /** At most this many tokens lead to an end: bytes of a shortest way; cheaper than {@link #closing}. */
    public int closingBytes() {
        throw new UnsupportedOperationException();
    }
}
