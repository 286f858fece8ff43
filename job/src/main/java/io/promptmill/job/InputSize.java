package io.promptmill.job;

import io.promptmill.job.InputConfig.Format;
import java.util.OptionalLong;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * How large an input is, as far as that is cheap to know.
 *
 * @param rows empty where counting would mean to read much
 */
record InputSize(OptionalLong rows) {
    /** Inputs up to this size are counted by reading them. */
    private static final long COUNTED_BYTES = 64L << 20;

    /** Below this many rows for each task slot, one partition a slot is fine-grained enough. */
    private static final int ROWS_PER_SLOT = 256;

    /** Partitions for each slot of a large input, so that slots which finish early find more work. */
    private static final int PARTITIONS_PER_SLOT = 4;

    static InputSize of(Dataset<Row> input, InputConfig config) {
        boolean footers =
                config.format() == Format.PARQUET || config.origins().get(0).endsWith(".parquet");
        boolean small =
                input.queryExecution().optimizedPlan().stats().sizeInBytes().toLong() <= COUNTED_BYTES;
        return new InputSize(footers || small ? OptionalLong.of(input.count()) : OptionalLong.empty());
    }

    /** Gives every task slot of the cluster something to do; rows are moved, never changed. */
    Dataset<Row> spread(Dataset<Row> input, int slots) {
        int partitions = input.rdd().getNumPartitions();
        boolean few = rows.isPresent() && rows.getAsLong() < (long) slots * ROWS_PER_SLOT;
        int wanted = few ? slots : slots * PARTITIONS_PER_SLOT;
        return partitions >= wanted || rows.orElse(1) == 0 ? input : input.repartition(wanted);
    }
}
