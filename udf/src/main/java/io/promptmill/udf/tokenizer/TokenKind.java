package io.promptmill.udf.tokenizer;

/** What a token is for, numbered as in {@code tokenizer.ggml.token_type}. */
enum TokenKind {
    UNDEFINED,
    NORMAL,
    /** Stands for text without a token; recognised where control tokens are. */
    UNKNOWN,
    /** Begin, end, roles, padding: no text of its own, never read out of a user's text. */
    CONTROL,
    /** Text taken out of the input before everything else, a user's included. */
    USER_DEFINED,
    UNUSED,
    /** One raw byte, spelled {@code <0xHH>}. */
    BYTE,
    /** A control token that shows in the output (no type of the file: see {@link SpecialTokens}). */
    VISIBLE_CONTROL;

    private static final TokenKind[] VALUES = values();

    /** The kind that a file numbers {@code type}; unknown numbers are {@link #UNDEFINED}. */
    static TokenKind of(long type) {
        return type >= 0 && type <= BYTE.ordinal() ? VALUES[(int) type] : UNDEFINED;
    }

    /** True for kinds that only a template may write, not a user. */
    boolean isReserved() {
        return this == CONTROL || this == UNKNOWN || this == VISIBLE_CONTROL;
    }
}
