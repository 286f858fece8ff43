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
     * Computes and commits what is missing.
     *
     * @param input with {@link RowKeys#KEY}
     * @param rows of it, where none has a result yet and that is known
     * @param before how many rows of any input have a result
     * @return whether a row was missing
     */
    boolean compute(Dataset<Row> input, OptionalLong rows, long before, PrintStream progress) throws IOException {
        Dataset<Row> missing =
                before == 0 ? input : missing(input, pipeline.config().retryErrors());
        OptionalLong count = before == 0 ? rows : OptionalLong.of(missing.count());
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
            missing = missing(input, false);
            count = OptionalLong.of(missing.count());
        }
        return computed;
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
