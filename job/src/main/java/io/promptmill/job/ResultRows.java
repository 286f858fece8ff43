package io.promptmill.job;

import static io.promptmill.job.ledger.ColumnNames.quoted;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.crc32;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.monotonically_increasing_id;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.to_json;

import io.promptmill.job.ledger.JsonText;
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
    private Row finished;

    /**
     * @param input with {@link RowKeys#KEY}
     * @param results one for each key, or several with numbers
     */
    ResultRows(RowPipeline pipeline, Dataset<Row> input, Dataset<Row> results) {
        this.pipeline = pipeline;
        this.input = input;
        this.results = results;
    }

    /** A short text that is another one, but for chance, where the rows or how they are written are others. */
    String contents() {
        Row rows = input.agg(count(lit(1)), coalesce(sum(crc32(text(input.columns()))), lit(0)))
                .first();
        return rows + " " + finished() + " " + pipeline.config().output() + " "
                + pipeline.config().errors().onError();
    }

    private static Column text(String[] columns) {
        return to_json(struct(quoted(columns)), JsonText.OPTIONS).cast("binary");
    }

    /**
     * Checks all errors, those of earlier runs included.
     *
     * @throws JobFailedException where there are more than the job allows
     */
    void requireAllowed() {
        pipeline.config().errors().atEnd(finished().getLong(0), errors()).ifPresent(reason -> {
            throw new JobFailedException(
                    reason + " (nothing more is published, and the errors are kept: correct their cause and run again"
                            + " with --set retry=errors)",
                    null);
        });
    }

    private long errors() {
        return finished().getLong(2);
    }

    /** Rows that are not written, because they have an error. */
    long dropped() {
        return pipeline.config().errors().onError() == ErrorPolicy.OnError.DROP ? errors() : 0;
    }

    boolean haveAllFailed() {
        return finished().getLong(0) > 0 && finished().getLong(0) == errors();
    }

    /** Results of the input's rows, their attempts, and those that are errors. */
    private Row finished() {
        if (finished == null) {
            Dataset<Row> own = results.join(
                    input.select(RowKeys.KEY),
                    CollectionConverters.asScala(List.of(RowKeys.KEY)).toSeq(),
                    "left_semi");
            finished = own.agg(
                            count(lit(1)),
                            coalesce(sum(col(OutputSchema.ATTEMPTS)), lit(0)),
                            count(col(OutputSchema.ERROR)))
                    .first();
        }
        return finished;
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
