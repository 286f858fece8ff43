package io.promptmill.job;

/** A job that had started and has failed. Its message says where its rows are, if any are kept. */
final class JobFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    JobFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
