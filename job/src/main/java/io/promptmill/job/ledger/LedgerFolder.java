package io.promptmill.job.ledger;

import java.io.Serializable;
import org.apache.hadoop.fs.Path;

/**
 * Where a ledger keeps its files: in a folder of the output whose name readers of the output pass over. Immutable; travels
 * to the executors.
 *
 * @param output the output path, qualified
 */
record LedgerFolder(String output) implements Serializable {
    static final String NAME = "_promptmill";

    Path root() {
        return new Path(output, NAME);
    }

    /** Rows, in Parquet files. One that no commit names may be incomplete and is not read. */
    Path steps() {
        return new Path(root(), "steps");
    }

    Path step(String file) {
        return new Path(steps(), file);
    }

    /** Empty files: that one is there says that its step is complete. */
    Path commits() {
        return new Path(root(), "commits");
    }

    Path commit(CommittedStep step) {
        return new Path(commits(), step.commitName());
    }

    Path journal() {
        return new Path(root(), "journal");
    }

    /** Rows on their way to the output path. */
    Path publications() {
        return new Path(root(), "publish");
    }
}
