package io.promptmill.udf.error;

/** One row that cannot be served (empty prompt, too long, bad override); other rows are not affected. */
public final class RequestException extends PromptmillException {
    private static final long serialVersionUID = 1L;

    private final ErrorCategory category;

    /** The row's own values cannot be used. */
    public RequestException(String message) {
        this(ErrorCategory.INPUT, message);
    }

    /** The row's own values cannot be used. */
    public RequestException(String message, Throwable cause) {
        this(ErrorCategory.INPUT, message, cause);
    }

    public RequestException(ErrorCategory category, String message) {
        this(category, message, null);
    }

    public RequestException(ErrorCategory category, String message, Throwable cause) {
        super(message, cause);
        this.category = category;
    }

    /** What becomes of the row. */
    public RowError rowError() {
        return new RowError(category, getMessage());
    }
}
