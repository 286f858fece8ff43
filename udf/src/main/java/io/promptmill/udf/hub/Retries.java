package io.promptmill.udf.hub;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts attempts that failed, and waits between them. For one transfer by one thread. */
final class Retries {
    private static final Logger LOG = LoggerFactory.getLogger(Retries.class);
    /** A server that gives less before each break could keep a transfer busy for weeks. */
    private static final long PROGRESS_BYTES = 1 << 20;

    /** A name that leads nowhere rarely leads somewhere a minute later. */
    private static final int ATTEMPTS_FOR_A_NAME = 3;

    private final HubPatience patience;
    private final Waiting waiting;
    private int failures;

    Retries(HubPatience patience, Waiting waiting) {
        this.patience = patience;
        this.waiting = waiting;
    }

    /**
     * Waits for the time of the next attempt.
     *
     * @param progress bytes that the failed attempt brought
     * @throws IOException the failure itself, where there are to be no further attempts
     */
    void after(IOException failure, long progress) throws IOException {
        failures = progress >= PROGRESS_BYTES ? 1 : failures + 1;
        Duration asked = failure instanceof BusyException busy ? busy.retryAfter() : Duration.ZERO;
        int attempts =
                Words.isUnknownHost(failure) ? Math.min(ATTEMPTS_FOR_A_NAME, patience.attempts()) : patience.attempts();
        if (failures >= attempts || asked.compareTo(patience.longestBusy()) > 0) {
            throw failure;
        }
        // Doubled at most so often that the number stays small.
        long doubled = patience.firstDelay().toMillis() << Math.min(failures - 1, 20);
        long delay = Math.min(doubled, patience.longestDelay().toMillis());
        // Executors that failed together should not come back together.
        long scattered = delay / 2 + ThreadLocalRandom.current().nextLong(delay / 2 + 1);
        long millis = Math.max(scattered, asked.toMillis());
        LOG.warn("{}; attempt {} of {} in {} ms", failure.getMessage(), failures + 1, attempts, millis);
        waiting.sleep(millis);
    }
}
