package io.promptmill.job;

/** A job that had started and could not be completed; the output path is as it was before. */
final class JobFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    JobFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
