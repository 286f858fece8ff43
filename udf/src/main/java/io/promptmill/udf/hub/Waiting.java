package io.promptmill.udf.hub;

/** How long waits are sat through, and when they are given up. */
@FunctionalInterface
public interface Waiting {
    /**
     * Sleeps. Throws an unchecked exception where the work that waits is no longer wanted, which an interrupt of the
     * thread means too.
     *
     * @param millis 0 to look only whether the work is still wanted
     */
    void sleep(long millis);
}
