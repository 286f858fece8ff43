package io.promptmill.udf.error;

/** A setting, a command-line option or a column name that cannot be used; nothing has been started or written. */
public final class ConfigException extends PromptmillException {
    private static final long serialVersionUID = 1L;

    public ConfigException(String message) {
        this(message, null);
    }

    public ConfigException(String message, Throwable cause) {
        super(message, cause);
    }
}
