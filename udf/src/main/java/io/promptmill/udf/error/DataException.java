package io.promptmill.udf.error;

/** Input or output data that cannot be read or written: a missing path, a missing column, an existing output. */
public final class DataException extends PromptmillException {
    private static final long serialVersionUID = 1L;

    public DataException(String message) {
        this(message, null);
    }

    public DataException(String message, Throwable cause) {
        super(message, cause);
    }
}
