package io.promptmill.job;

import io.promptmill.udf.error.PromptmillException;
import java.util.Optional;

/** Finds the words for a user in what Spark and Hadoop throw. */
final class Failures {

    private Failures() {}

    /** The first line of the message that is not empty, or the exception's name where it has none. */
    static String firstLine(Throwable failure) {
        String message = failure.getMessage();
        return message == null || message.isBlank()
                ? failure.getClass().getSimpleName()
                : message.lines()
                        .map(String::strip)
                        .filter(line -> !line.isEmpty())
                        .findFirst()
                        .orElse("");
    }

    /** The reason that Promptmill itself gave, on the driver or in a task, where it is among the causes. */
    static Optional<String> ownMessage(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof PromptmillException) {
                return Optional.of(cause.getMessage());
            }
        }
        return Optional.empty();
    }
}
