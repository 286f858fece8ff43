package io.promptmill.job;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;

import io.promptmill.job.ledger.Ledger;
import io.promptmill.job.ledger.RowKeys;
import io.promptmill.udf.spark.OutputSchema;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.OptionalLong;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** Computes the rows of an input that have no result yet, until none is missing. Used by one thread. */
final class MissingRows {
    /** Carries through the task how often a row was computed before. */
    private static final String EARLIER_ATTEMPTS = "_promptmill_attempts";

    /** Rows that come to the input while it is computed are found in a second round; an input may not change forever. */
    private static final int ROUNDS = 3;

    private static final Seq<String> KEY =
            CollectionConverters.asScala(List.of(RowKeys.KEY)).toSeq();

    private final RowPipeline pipeline;
    private final JobSteps steps;
    private final Ledger ledger;

    MissingRows(RowPipeline pipeline, JobSteps steps, Ledger ledger) {
        this.pipeline = pipeline;
        this.steps = steps;
        this.ledger = ledger;
    }

    /**
     * What has become of an input.
     *
     * @param any whether a row was missing
     * @param coverage of the input, now that none is
     */
    record Computed(boolean any, Coverage coverage) {}

    /**
     * Computes and commits what is missing.
     *
     * @param input with {@link RowKeys#KEY}
     * @param rows of it, where none has a result yet and that is known
     * @param before how many rows of any input have a result
     */
    Computed compute(Dataset<Row> input, OptionalLong rows, long before, PrintStream progress) throws IOException {
        boolean retry = pipeline.config().retryErrors();
        Coverage coverage = before == 0 || retry ? null : Coverage.of(input, ledger.results());
        Dataset<Row> missing = before == 0 ? input : missing(input, retry);
        OptionalLong count =
                before == 0 ? rows : OptionalLong.of(coverage == null ? missing.count() : coverage.missing());
        boolean computed = false;
        for (int round = 0; count.orElse(1) > 0; round++) {
            if (round == ROUNDS) {
                throw new JobFailedException(
                        "the input changes while it is computed: after " + ROUNDS + " rounds " + count.orElse(0)
                                + " rows of it have no result; finished rows are kept, run the same command again when"
                                + " the input is quiet",
                        null);
            }
            Dataset<Row> generated = generate(pipeline.spread(missing, new InputSize(count)));
            steps.compute(
                    count,
                    progress,
                    () -> ledger.commit(generated, pipeline.config().output().commits()),
                    "finished rows are kept; the same command goes on with the others");
            computed = true;
            steps.describe("publish");
            coverage = Coverage.of(input, ledger.results());
            missing = missing(input, false);
            count = OptionalLong.of(coverage.missing());
        }
        return new Computed(computed, coverage == null ? Coverage.of(input, ledger.results()) : coverage);
    }

    /** The rows without a result or, to be computed again, with one that is an error. */
    private Dataset<Row> missing(Dataset<Row> input, boolean failedToo) throws IOException {
        Dataset<Row> results = ledger.results();
        if (!failedToo) {
            return input.join(results.select(RowKeys.KEY), KEY, "left_anti");
        }
        Column failed = col(OutputSchema.ERROR).isNotNull();
        Dataset<Row> attempts = results.filter(failed)
                .groupBy(RowKeys.KEY)
                .agg(max(col(OutputSchema.ATTEMPTS)).as(EARLIER_ATTEMPTS));
        Dataset<Row> done = results.filter(col(OutputSchema.ERROR).isNull()).select(RowKeys.KEY);
        return input.join(done, KEY, "left_anti").join(attempts, KEY, "left_outer");
    }

    private Dataset<Row> generate(Dataset<Row> rows) {
        Dataset<Row> generated = pipeline.generate(rows, function -> ledger.skipping(function, rows.schema()));
        return List.of(rows.columns()).contains(EARLIER_ATTEMPTS)
                ? generated.withColumn(
                        OutputSchema.ATTEMPTS, col(OutputSchema.ATTEMPTS).plus(coalesce(col(EARLIER_ATTEMPTS), lit(0))))
                : generated;
    }
}
