package io.promptmill.udf.engine;

import java.util.Arrays;
import java.util.Objects;

/** All that a vector depends on. Immutable, as long as nobody changes the tokens, and thread-safe. */
record EmbeddingKey(EmbeddingRequest request) implements ResultKey {
    private static final int FIXED_BYTES = 96;

    @Override
    public long bytes() {
        return FIXED_BYTES + (long) request.promptTokens().length * Integer.BYTES;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof EmbeddingKey key
                && Arrays.equals(request.promptTokens(), key.request.promptTokens())
                && Objects.equals(request.adapter(), key.request.adapter())
                && request.pooling() == key.request.pooling();
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(request.promptTokens()) * 31 + Objects.hash(request.adapter(), request.pooling());
    }
}
