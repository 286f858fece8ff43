package io.promptmill.udf.engine;

import io.promptmill.udf.constraint.ConstraintState;
import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.scheduler.Sequence;
import io.promptmill.udf.tokenizer.Continuation;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/**
 * Keeps an answer within its constraint: bans tokens, adds what must follow without asking the model, and closes the answer
 * in time for the limit of tokens. At every moment the tokens that are left suffice to close it. Not thread-safe.
 */
final class ConstrainedAnswer {
    /** Less is not worth a change of course. */
    private static final int LEAST_FORCED_BYTES = 2;

    private final Continuation continuation;
    private final Set<Integer> endTokens;
    private ConstraintState state;

    /**
     * @param state before the first token of the answer
     * @param endTokens that end a completion
     */
    ConstrainedAnswer(ConstraintState state, Continuation continuation, Set<Integer> endTokens) {
        this.state = state;
        this.continuation = continuation;
        this.endTokens = endTokens;
    }

    /**
     * What follows a sampled token.
     *
     * @param tokens to be appended, in order
     * @param finish why the answer ends with them; null where it goes on
     */
    record Turn(int[] tokens, FinishReason finish) {}

    /** Tokens that close the answer from here. */
    int closingTokens() {
        return state.closing().length;
    }

    /** True where no token may follow. */
    boolean mustEnd() {
        return state.mustEnd();
    }

    /** True for a token that ends the completion instead of going on with it: what a row asks to stop at is text here. */
    boolean ends(int token) {
        return endTokens.contains(token);
    }

    /** A bit for each token that may be sampled. */
    long[] mask() {
        return state.mask();
    }

    /**
     * Takes a token that {@link #mask} allows.
     *
     * @param sequence before the token
     * @param room tokens that may be appended, this one included; at least 1
     */
    Turn take(int token, Sequence sequence, int room) {
        if (ends(token)) {
            return new Turn(new int[] {token}, FinishReason.STOP);
        }
        ConstraintState next = state.after(token);
        if (!canClose(next, room - 1)) {
            return new Turn(state.closing(), FinishReason.LENGTH);
        }
        state = next;
        int[] tokens = {token};
        if (state.mustEnd()) {
            return new Turn(tokens, FinishReason.STOP);
        }
        int[] forced = forced(sequence, token, room - 1);
        if (forced.length > 0) {
            tokens = Arrays.copyOf(tokens, 1 + forced.length);
            System.arraycopy(forced, 0, tokens, 1, forced.length);
        }
        if (state.mustEnd()) {
            return new Turn(tokens, FinishReason.STOP);
        }
        return new Turn(tokens, tokens.length == room ? FinishReason.LENGTH : null);
    }

    private static boolean canClose(ConstraintState state, int room) {
        return state.closingBytes() <= room || state.closing().length <= room;
    }

    /** Tokens of the text that must follow now. */
    private int[] forced(Sequence sequence, int token, int room) {
        String text = wholeCharacters(state.forced());
        if (text.length() < LEAST_FORCED_BYTES) {
            return new int[0];
        }
        int[] before = sequence.lastTokens(Continuation.TAIL_TOKENS - 1);
        before = Arrays.copyOf(before, before.length + 1);
        before[before.length - 1] = token;
        return continuation
                .encode(before, before.length, text)
                .map(tokens -> keep(tokens, room))
                .orElse(new int[0]);
    }

    /**
     * Begins with the text that must come first.
     *
     * @param tokens of it, as they would follow the prompt
     * @return the tokens to be appended before anything is sampled
     */
    int[] begin(int[] tokens, int room) {
        return keep(tokens, room);
    }

    /** The text that must come first, before anything is sampled; empty where there is none worth it. */
    String beginning() {
        String text = wholeCharacters(state.forced());
        return text.length() < LEAST_FORCED_BYTES ? "" : text;
    }

    /**
     * Goes on with forced tokens. The last one stays out, unless the answer ends with it: what comes next could have been
     * one token with it, and the model should choose as it is used to.
     */
    private int[] keep(int[] tokens, int room) {
        ConstraintState next = state;
        ConstraintState beforeLast = state;
        for (int token : tokens) {
            beforeLast = next;
            if (!next.allows(token)) {
                return new int[0];
            }
            next = next.after(token);
        }
        boolean whole = next.mustEnd();
        int kept = whole ? tokens.length : tokens.length - 1;
        ConstraintState reached = whole ? next : beforeLast;
        if (kept <= 0 || !canClose(reached, room - kept)) {
            return new int[0];
        }
        state = reached;
        return Arrays.copyOf(tokens, kept);
    }

    /**
     * Begins with text that came before anything could be banned.
     *
     * @param room tokens that may be appended
     * @throws RequestException where the constraint does not allow it, or no end of it can be reached
     */
    void beginWith(byte[] text, int room) {
        ConstraintState next = state.after(text);
        if (next == null || !canClose(next, room)) {
            throw new RequestException(
                    ErrorCategory.CONSTRAINT,
                    "the model began its answer within the token that ended its thinking, in a way that "
                            + (next == null ? "the constraint does not allow" : "cannot be ended within max_tokens")
                            + "; check reasoning.end");
        }
        state = next;
    }

    private static String wholeCharacters(byte[] bytes) {
        int end = bytes.length;
        // Back over the beginning of a character that is not complete.
        int start = end;
        while (start > 0 && (bytes[start - 1] & 0xC0) == 0x80) {
            start--;
        }
        if (start > 0 && bytes[start - 1] < 0) {
            int length = Integer.numberOfLeadingZeros(~(bytes[start - 1] << 24));
            end = end - (start - 1) < length ? start - 1 : end;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    /** @throws RequestException where the answer cannot be closed within {@code room} tokens */
    void requireRoom(int room, int maxTokens) {
        int closing = closingTokens();
        if (closing > room) {
            throw new RequestException(
                    ErrorCategory.CONSTRAINT,
                    "the shortest text that meets the constraint has " + closing
                            + " tokens, but only " + Math.max(0, room) + " are left (sampling.max_tokens is "
                            + maxTokens
                            + ", and the context is limited); allow more tokens or shorten the prompt");
        }
    }
}
