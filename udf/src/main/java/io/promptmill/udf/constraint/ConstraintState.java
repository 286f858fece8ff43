package io.promptmill.udf.constraint;

import java.io.ByteArrayOutputStream;

/** How far a text has come in a {@link Constraint}. Immutable and thread-safe. */
public final class ConstraintState {
    private static final int MAXIMUM_FORCED = 256;

    private final Constraint constraint;
    private final Stacks stacks;
    private final boolean beginsText;

    ConstraintState(Constraint constraint, Stacks stacks, boolean beginsText) {
        this.constraint = constraint;
        this.stacks = stacks;
        this.beginsText = beginsText;
    }

    /**
     * Tokens that may follow, a bit for each id; the end tokens among them where the text may end. Never empty. Not to be
     * changed.
     */
    public long[] mask() {
        return constraint.mask(stacks, beginsText);
    }

    /** True where the token may follow; as {@link #mask}, but computed for this token alone. */
    public boolean allows(int token) {
        byte[] bytes = trie().bytes(token);
        return bytes == null ? mayEnd() && constraint.vocabulary().endTokens().contains(token) : walk(bytes) != null;
    }

    /**
     * The state after a token with text.
     *
     * @throws IllegalArgumentException where it may not follow
     */
    public ConstraintState after(int token) {
        byte[] bytes = trie().bytes(token);
        Stacks next = bytes == null ? null : walk(bytes);
        if (next == null) {
            throw new IllegalArgumentException("token " + token + " may not follow, or has no text");
        }
        return new ConstraintState(constraint, next, false);
    }

    /** The state after bytes of UTF-8, or null where they may not follow. */
    public ConstraintState after(byte[] bytes) {
        Stacks next = walk(bytes);
        return next == null ? null : new ConstraintState(constraint, next, beginsText && bytes.length == 0);
    }

    /** True where the text may end here. */
    public boolean mayEnd() {
        return stacks.hasBottom();
    }

    /** True where the text must end here: nothing may follow. */
    public boolean mustEnd() {
        return stacks.isBottom();
    }

    /**
     * Bytes that follow in every text that goes on from here, {@value #MAXIMUM_FORCED} at most; empty where there is a choice,
     * or the text may end. They may end inside of a character.
     */
    public byte[] forced() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Stacks reached = stacks;
        int next = machine().onlyByte(reached);
        while (next >= 0 && bytes.size() < MAXIMUM_FORCED) {
            bytes.write(next);
            reached = machine().step(reached, next);
            next = machine().onlyByte(reached);
        }
        return bytes.toByteArray();
    }

    /**
     * Tokens that lead from here to an end by a shortest way of bytes; empty where the text may end here. To be followed to
     * their end: after some of them, another way may have fewer bytes left, but more tokens.
     */
    public int[] closing() {
        byte[] text = ShortestEnd.of(machine().network(), stacks);
        IntSequence tokens = new IntSequence();
        TokenTrie trie = trie();
        for (int position = 0; position < text.length; ) {
            int token = trie.longestAt(text, position);
            tokens.add(token);
            position += trie.bytes(token).length;
            trie = constraint.vocabulary().tokens();
        }
        return tokens.toArray();
    }

    /** At most this many tokens lead to an end: bytes of a shortest way; cheaper than {@link #closing}. */
    public int closingBytes() {
        return stacks.closing();
    }

    private Stacks walk(byte[] bytes) {
        Stacks reached = stacks;
        for (int index = 0; index < bytes.length && reached != null; index++) {
            reached = machine().step(reached, bytes[index] & 0xFF);
        }
        return reached;
    }

    private PushdownMachine machine() {
        return constraint.machine();
    }

    private TokenTrie trie() {
        return beginsText
                ? constraint.vocabulary().firstTokens()
                : constraint.vocabulary().tokens();
    }
}
