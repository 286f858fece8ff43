package io.promptmill.job.ledger;

import java.io.Serializable;

/**
 * How much a task computes between two commits, which is the most that is lost when it ends.
 *
 * @param rows from which on a step is committed
 * @param seconds after its first row from which on it is committed, too
 */
public record CommitInterval(long rows, long seconds) implements Serializable {
    public static final CommitInterval DEFAULT = new CommitInterval(1_000, 60);

    public CommitInterval {
        if (rows < 1 || seconds < 1) {
            throw new IllegalArgumentException("commits every " + rows + " rows or " + seconds + " s");
        }
    }
}
