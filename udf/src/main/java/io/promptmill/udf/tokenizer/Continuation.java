package io.promptmill.udf.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** Tokenizes text that goes on where tokens end, as it would be where both were tokenized together. Thread-safe. */
public final class Continuation {
    /** Words reach back no further than this, as a rule; what goes before hardly changes where tokens are cut. */
    public static final int TAIL_TOKENS = 8;

    private final Tokenizer tokenizer;

    public Continuation(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /**
     * The tokens of {@code text} behind {@code before}; empty where a token would reach over the border, or the tokenizer
     * changes the text.
     *
     * @param before token ids, those from {@code length} on undefined
     */
    public Optional<int[]> encode(int[] before, int length, String text) {
        String tail = tail(before, length);
        int[] tokens = tokenizer.encode(tail + text, false);
        byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
        // A text behind a control token begins anew: its first token may have lost a space.
        boolean begins = tail.isEmpty();
        int end = wanted.length;
        int first = tokens.length;
        while (first > 0 && end > 0) {
            first--;
            byte[] bytes = tokenizer.bytes(tokens[first], begins && first == 0);
            end -= bytes.length;
            if (end < 0 || !Arrays.equals(bytes, 0, bytes.length, wanted, end, end + bytes.length)) {
                return Optional.empty();
            }
        }
        boolean whole = end == 0 && (!begins || first == 0);
        return whole ? Optional.of(Arrays.copyOfRange(tokens, first, tokens.length)) : Optional.empty();
    }

    /** The text of the last tokens behind the last control token. */
    public String tail(int[] before, int length) {
        int start = length;
        while (start > 0 && length - start < TAIL_TOKENS && !tokenizer.isControl(before[start - 1])) {
            start--;
        }
        StreamingDecoder decoder = tokenizer.decoder(start == 0 ? -1 : before[start - 1]);
        StringBuilder tail = new StringBuilder();
        for (int i = start; i < length; i++) {
            tail.append(decoder.accept(before[i]));
        }
        return tail.toString();
    }
}
