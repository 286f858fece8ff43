package io.promptmill.udf.engine;

import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RowError;

/**
 * A text as a vector.
 *
 * @param vector pooled final states, {@code [embedding]}, of any length; not to be changed. Null where {@code error} is set
 * @param promptTokens tokens of the text
 * @param error the reason where there is none, else null
 * @param category of the error, or null
 * @param copied whether it was computed for an equal request
 */
public record Embedding(float[] vector, int promptTokens, String error, ErrorCategory category, boolean copied)
        implements Result<Embedding> {

    /** A request that was served. */
    public static Embedding of(float[] vector, int promptTokens) {
        return new Embedding(vector, promptTokens, null, null, false);
    }

    /** A request that could not be served. */
    public static Embedding failed(RowError error, int promptTokens) {
        return new Embedding(null, promptTokens, error.message(), error.category(), false);
    }

    /** The error with its category, or null. */
    public RowError rowError() {
        return error == null ? null : new RowError(category, error);
    }

    @Override
    public Embedding copy() {
        return new Embedding(vector, promptTokens, error, category, true);
    }

    @Override
    public long bytes() {
        return vector == null ? 0 : (long) vector.length * Float.BYTES;
    }
}
