package io.promptmill.udf.error;

/** One row that cannot be served (empty prompt, too long, bad override); other rows are not affected. */
public final class RequestException extends PromptmillException {
    private static final long serialVersionUID = 1L;

    public RequestException(String message) {
        this(message, null);
    }

    public RequestException(String message, Throwable cause) {
        super(message, cause);
    }
}
