package io.promptmill.udf.hub;

import java.io.IOException;
import java.time.Duration;

/** A server that cannot answer now and may be able to later. */
final class BusyException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Duration retryAfter;

    /** @param retryAfter that the server asks for, zero where it does not */
    BusyException(String message, Duration retryAfter) {
        super(message);
        this.retryAfter = retryAfter;
    }

    Duration retryAfter() {
        return retryAfter;
    }
}
