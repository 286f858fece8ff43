package io.promptmill.udf.engine;

import java.util.Arrays;
import java.util.Objects;

/**
 * All that the scores of choices depend on. Compared exactly, token by token. Immutable, as long as nobody changes the
 * tokens, and thread-safe.
 */
record ChoiceKey(ChoiceRequest request) implements ResultKey {
    private static final int FIXED_BYTES = 128;
    private static final int ARRAY_BYTES = 16;

    @Override
    public long bytes() {
        long bytes = FIXED_BYTES + (long) request.promptTokens().length * Integer.BYTES;
        for (int[] choice : request.choices()) {
            bytes += ARRAY_BYTES + (long) choice.length * Integer.BYTES;
        }
        return bytes;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ChoiceKey key
                && Arrays.equals(request.promptTokens(), key.request.promptTokens())
                && Arrays.deepEquals(
                        request.choices().toArray(), key.request.choices().toArray())
                && Objects.equals(request.adapter(), key.request.adapter());
    }

    @Override
    public int hashCode() {
        int choices = Arrays.deepHashCode(request.choices().toArray());
        return (Arrays.hashCode(request.promptTokens()) * 31 + choices) * 31 + Objects.hashCode(request.adapter());
    }
}
