package io.promptmill.udf.engine;

import java.util.Locale;

/** Why a completion ended. */
public enum FinishReason {
    /** The model ended its text, or a stop text or stop token came. */
    STOP,
    /** The limit of tokens or of the context was reached. */
    LENGTH,
    /** The completion went round in a loop. */
    REPETITION,
    /** The row could not be completed; see its error. */
    ERROR;

    /** As written to the output column. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
