package io.promptmill.job;

import io.promptmill.udf.spark.Flaw;
import io.promptmill.udf.spark.GenerateMetrics;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What runs do alike, however their rows come to the output. Used by one thread. */
final class JobSteps {
    private static final Logger LOG = LoggerFactory.getLogger(JobSteps.class);

    /** Something that takes as long as its rows do. */
    @FunctionalInterface
    interface Work {
        void run() throws IOException;
    }

    private final RowPipeline pipeline;
    private final OutputWriter writer;
    private final Evaluation evaluation;

    /** @throws io.promptmill.udf.error.ConfigException where the evaluation does not fit the columns */
    JobSteps(RowPipeline pipeline, OutputWriter writer) {
        this.pipeline = pipeline;
        this.writer = writer;
        writer.checkColumns(pipeline.spark(), pipeline.outputSchema(), pipeline.added());
        EvaluationConfig wanted = pipeline.config().evaluation();
        evaluation =
                wanted == null ? null : Evaluation.of(wanted, pipeline.input().schema(), pipeline.outputSchema());
    }

    /**
     * Computes rows and shows how far they are.
     *
     * @param rows to come, where that is known
     * @param kept what has become of the rows that were finished, for the message of a failure
     * @throws JobFailedException where the work fails
     */
    void compute(OptionalLong rows, PrintStream progress, Work work, String kept) {
        describe(pipeline.config().task().name());
        LOG.info(
                "generating {} rows from {}",
                rows.isPresent() ? rows.getAsLong() : "an unknown number of",
                pipeline.config().input().origins());
        GenerateMetrics metrics = pipeline.metrics();
        Progress listener = Progress.start(
                pipeline.spark().sparkContext(),
                metrics,
                rows,
                progress,
                pipeline.config().earlyStop());
        try {
            work.run();
        } catch (Exception e) {
            Progress.Violation violation = listener.violation();
            throw violation == null
                    ? failed(Failures.ownMessage(e).orElseGet(() -> Failures.firstLine(e)), kept, "", e)
                    : failed(violation.reason(), kept, violation.examples(), e);
        } finally {
            listener.close();
        }
        pipeline.config()
                .errors()
                .atEnd(metrics.rows().value(), metrics.errors().value())
                .ifPresent(reason -> {
                    String examples = EarlyStop.examples(metrics.samples().value(), Flaw.INVALID);
                    throw failed(reason, kept, examples, null);
                });
    }

    private static JobFailedException failed(String reason, String kept, String examples, Exception cause) {
        return new JobFailedException(reason + " (" + kept + ")" + examples, cause);
    }

    /** The figures of the evaluation, or null: no row is lost for want of them. */
    EvaluationReport evaluate(List<Path> written) {
        if (evaluation == null) {
            return null;
        }
        describe("evaluate");
        try {
            return evaluation.report(read(written));
        } catch (Exception e) {
            LOG.warn(
                    "the rows could not be compared with column '{}'",
                    pipeline.config().evaluation().column(),
                    e);
            return null;
        }
    }

    /** The rows are safe where this is called: that they cannot be counted must not fail the job. */
    JobReport report(List<Path> published, double seconds) {
        boolean drops = pipeline.config().errors().onError() == ErrorPolicy.OnError.DROP;
        return report(published, seconds, drops ? pipeline.metrics().errors().value() : 0);
    }

    /** @param dropped rows that were not written, because they have an error */
    JobReport report(List<Path> published, double seconds, long dropped) {
        String path = writer.target().toString();
        try {
            Dataset<Row> rows = read(published);
            return JobReport.of(rows, pipeline.added(), pipeline.shownColumns(), pipeline.metrics(), seconds, path)
                    .judged(pipeline.config().earlyStop(), dropped, duplicates(rows));
        } catch (Exception e) {
            LOG.warn("the rows are in {} but could not be counted: {}", path, Failures.firstLine(e));
            return JobReport.estimated(pipeline.metrics(), seconds, path);
        }
    }

    private List<String> duplicates(Dataset<Row> rows) {
        String id = pipeline.config().input().id();
        return id == null
                ? List.of()
                : DuplicateIds.warning(rows, id, pipeline.added().fieldNames()).stream()
                        .toList();
    }

    /** That no row has a result, and why. */
    String everyRowFailed(Dataset<Row> rows) {
        List<String> reasons = new ArrayList<>();
        try {
            JobReport.reasons(rows).forEach((reason, number) -> reasons.add(number + " x " + reason));
        } catch (Exception e) {
            LOG.warn("the errors of the rows could not be counted: {}", Failures.firstLine(e));
        }
        return "every row has failed" + (reasons.isEmpty() ? "" : ": " + String.join("; ", reasons));
    }

    /** The rows of folders or files that this job has written. */
    Dataset<Row> read(List<Path> written) {
        return writer.read(pipeline.spark(), pipeline.outputSchema(), written);
    }

    /** For the pages of Spark's user interface. */
    void describe(String what) {
        pipeline.spark().sparkContext().setJobDescription(what + " " + writer.target());
    }
}
