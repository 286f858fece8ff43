package io.promptmill.udf.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.promptmill.udf.error.ConfigException;
import java.time.Duration;
import java.util.function.Function;

/** Messages of what is refused. */
final class Refusals {
    /** Far more than any takes, on a machine that does other things too. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private Refusals() {}

    static void assertRefused(Function<String, ?> parser, String source, String message) {
        assertEquals(message, message(parser, source));
    }

    static String message(Function<String, ?> parser, String source) {
        return assertTimeoutPreemptively(
                PATIENCE,
                () -> assertThrows(ConfigException.class, () -> parser.apply(source))
                        .getMessage());
    }
}
