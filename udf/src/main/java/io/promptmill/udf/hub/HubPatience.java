package io.promptmill.udf.hub;

import java.time.Duration;

/**
 * How much is borne before a transfer is given up.
 *
 * @param connect time for a connection to come about
 * @param stall time without a byte after which a connection counts as broken
 * @param attempts in a row that bring nothing forward
 * @param firstDelay between attempts; each further one is twice as long
 * @param longestDelay that the doubling ends at
 * @param longestBusy that a server which asks for time (Retry-After) is given
 */
record HubPatience(
        Duration connect,
        Duration stall,
        int attempts,
        Duration firstDelay,
        Duration longestDelay,
        Duration longestBusy) {

    /** Sits out about two minutes without any answer. */
    static final HubPatience DEFAULT = new HubPatience(
            Duration.ofSeconds(20),
            Duration.ofSeconds(60),
            8,
            Duration.ofSeconds(1),
            Duration.ofSeconds(30),
            Duration.ofMinutes(5));

    /** For an answer that can be done without. */
    HubPatience brief() {
        return new HubPatience(connect, stall, Math.min(2, attempts), firstDelay, longestDelay, firstDelay);
    }
}
