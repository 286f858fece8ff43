package io.promptmill.udf.error;

/** A model file that is missing, damaged, hostile or of a kind that this engine does not run. */
public final class ModelFileException extends PromptmillException {
    private static final long serialVersionUID = 1L;

    public ModelFileException(String message) {
        this(message, null);
    }

    public ModelFileException(String message, Throwable cause) {
        super(message, cause);
    }
}
