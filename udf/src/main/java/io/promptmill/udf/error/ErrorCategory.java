package io.promptmill.udf.error;

import java.util.Locale;

/** Kinds of reasons why a row has no result, for counting and for deciding which rows to run again. */
public enum ErrorCategory {
    /** The row's own values cannot be used: null, empty, of the wrong form, or a line that cannot be read. */
    INPUT,
    /** The prompt does not fit the model's context, or the memory for one row. */
    PROMPT_TOO_LONG,
    /** No text meets the constraint in the room there is, or what was written is not what was asked for. */
    CONSTRAINT,
    /** The model computed numbers that are none. */
    MODEL,
    /** The row took longer than it may. */
    TIMEOUT,
    /** Something that nobody foresaw. */
    INTERNAL;

    /** As written to the output column. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
