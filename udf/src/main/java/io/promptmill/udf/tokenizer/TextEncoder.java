package io.promptmill.udf.tokenizer;

/** Text without special tokens to token ids, for one kind of vocabulary. Thread-safe. */
interface TextEncoder {

    /**
     * Appends the ids of the characters {@code [start, end)} of {@code text}, which are not none, and come first in the
     * text or behind a special token.
     */
    void encode(String text, int start, int end, IntList ids);

    /** The bytes that a token of plain text stands for. */
    byte[] bytes(int token);

    /** Whether {@link #encode} puts a space in front, which decoding must take away again where a text starts. */
    boolean addsSpacePrefix();
}
