package io.promptmill.udf.tokenizer;

/**
 * Token ids to text, one at a time, for one completion. Never returns half a UTF-8 character: incomplete bytes wait for
 * the next token, and bytes that cannot become a character turn into U+FFFD. Not thread-safe.
 */
public interface StreamingDecoder {

    /** The text that this token completes; may be empty. */
    String accept(int token);

    /** The text of bytes still waiting, as U+FFFD; call once at the end. */
    String finish();
}
