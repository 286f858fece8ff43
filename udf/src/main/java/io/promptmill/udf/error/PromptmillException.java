package io.promptmill.udf.error;

/**
 * Root of every failure that Promptmill reports on purpose. The message names the thing (path, tensor, byte offset,
 * column or key), what was expected and found, and what to do about it; it is written to be shown to a user as it is.
 */
public abstract class PromptmillException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PromptmillException(String message, Throwable cause) {
        super(message, cause);
    }
}
