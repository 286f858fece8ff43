package io.promptmill.job;

import static io.promptmill.job.ledger.ColumnNames.quoted;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.monotonically_increasing_id;

import io.promptmill.job.ledger.RowKeys;
import io.promptmill.udf.spark.OutputSchema;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The rows of an output: every row of the input with its result, in the order of the input. What they are depends on the
 * input and the results alone, not on the runs that they came from.
 */
final class ResultRows {
    private static final String ORDER = "_promptmill_order";

    /** The size that files are made for, in the form that Spark holds rows in; compressed they are smaller. */
    private static final long FILE_BYTES = 256L << 20;

    private final RowPipeline pipeline;
    private final Dataset<Row> input;
    private final Dataset<Row> results;
    private final Coverage coverage;

    /**
     * @param input with {@link RowKeys#KEY}
     * @param results one for each key, or several with numbers
     * @param coverage of that input by those results
     */
    ResultRows(RowPipeline pipeline, Dataset<Row> input, Dataset<Row> results, Coverage coverage) {
        this.pipeline = pipeline;
        this.input = input;
        this.results = results;
        this.coverage = coverage;
    }

    /** A short text that is another one, but for chance, where the rows or how they are written are others. */
    String contents() {
        return coverage + " " + pipeline.config().output() + " "
                + pipeline.config().errors().onError();
    }

    /**
     * Checks all errors, those of earlier runs included.
     *
     * @throws JobFailedException where there are more than the job allows
     */
    void requireAllowed() {
        pipeline.config().errors().atEnd(coverage.results(), coverage.errors()).ifPresent(reason -> {
            throw new JobFailedException(
                    reason + " (nothing more is published, and the errors are kept: correct their cause and run again"
                            + " with --set retry=errors)",
                    null);
        });
    }

    /** Rows that are not written, because they have an error. */
    long dropped() {
        return pipeline.config().errors().onError() == ErrorPolicy.OnError.DROP ? coverage.errors() : 0;
    }

    boolean haveAllFailed() {
        return coverage.haveAllFailed();
    }

    /**
     * The rows in their order, in each folder where they lie in folders.
     *
     * @param ranges of that order, each with its rows in one partition; without a meaning for folders
     */
    Dataset<Row> ordered(int ranges) {
        Dataset<Row> rows = input.withColumn(ORDER, monotonically_increasing_id())
                .join(
                        results,
                        CollectionConverters.asScala(List.of(RowKeys.KEY)).toSeq(),
                        "inner");
        // Spark sorts rows that go to folders by these, unless they come so.
        List<Column> order = new ArrayList<>(
                List.of(quoted(pipeline.config().output().layout().partitionBy())));
        order.add(col(ORDER));
        if (Arrays.asList(results.columns()).contains(OutputSchema.COMPLETION_INDEX)) {
            order.add(col(OutputSchema.COMPLETION_INDEX));
        }
        return gathered(rows, ranges)
                .sortWithinPartitions(order.toArray(Column[]::new))
                .select(quoted(pipeline.outputSchema().fieldNames()))
                .transform(pipeline.config().errors()::written);
    }

    private Dataset<Row> gathered(Dataset<Row> rows, int ranges) {
        List<String> folders = pipeline.config().output().layout().partitionBy();
        if (!folders.isEmpty()) {
            // A range would have a file in every folder.
            return rows.repartition(quoted(folders));
        }
        return ranges == 1 ? rows.repartition(1) : rows.repartitionByRange(ranges, col(ORDER));
    }

    /** How many files the rows fill, about. */
    int files() {
        double bytes = input.queryExecution()
                        .optimizedPlan()
                        .stats()
                        .sizeInBytes()
                        .toDouble()
                + results.queryExecution().optimizedPlan().stats().sizeInBytes().toDouble();
        return (int) Math.min(10_000, bytes / FILE_BYTES) + 1;
    }
}
