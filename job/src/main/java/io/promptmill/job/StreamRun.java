package io.promptmill.job;

import io.promptmill.job.ledger.Lease;
import io.promptmill.job.ledger.Ledger;
import io.promptmill.job.ledger.Publication;
import io.promptmill.job.ledger.Publication.Published;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.StreamingQueryException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the files that came since the last run, as a query of Structured Streaming: each batch of files is computed as a
 * resumable job is, and its rows are added to the output once, however often the batch is begun.
 */
final class StreamRun implements JobRun {
    private static final Logger LOG = LoggerFactory.getLogger(StreamRun.class);

    private final RowPipeline pipeline;
    private final OutputWriter writer;
    private final Provenance provenance;
    private final JobSteps steps;
    private final Publication publication;
    private final Lease lease;
    private final String run;

    StreamRun(RowPipeline pipeline, OutputWriter writer, Provenance provenance, Lease lease, String run)
            throws IOException {
        this.lease = lease;
        this.run = run;
        this.pipeline = pipeline;
        this.writer = writer;
        this.provenance = provenance;
        steps = new JobSteps(pipeline, writer);
        publication =
                new Publication(writer.target(), pipeline.spark().sparkContext().hadoopConfiguration());
    }

    @Override
    public JobReport run(PrintStream progress) {
        long start = System.nanoTime();
        try {
            long before = ledger(pipeline.spark(), "").keys();
            StreamingQuery query = pipeline.stream()
                    .writeStream()
                    .queryName("promptmill")
                    .option("checkpointLocation", publication.checkpoint().toString())
                    .trigger(trigger())
                    .foreachBatch((Dataset<Row> rows, Long batch) -> add(rows, batch, progress))
                    .start();
            query.awaitTermination();
            double seconds = (System.nanoTime() - start) / 1e9;
            JobReport report = steps.report(List.of(writer.target()), seconds).resumed(before);
            publication.attach(Provenance.FILE, provenance.json(report));
            return report;
        } catch (StreamingQueryException e) {
            throw failed(e);
        } catch (IOException | TimeoutException e) {
            throw new JobFailedException(
                    "the output at " + writer.target() + " cannot be written: " + Failures.firstLine(e), e);
        }
    }

    private org.apache.spark.sql.streaming.Trigger trigger() {
        Trigger trigger = pipeline.config().trigger();
        return trigger.kind() == Trigger.Kind.AVAILABLE_NOW
                ? org.apache.spark.sql.streaming.Trigger.AvailableNow()
                : org.apache.spark.sql.streaming.Trigger.ProcessingTime(trigger.seconds() + " seconds");
    }

    /** Adds the rows of a batch, which may have been begun or even added before. */
    private void add(Dataset<Row> rows, long batch, PrintStream progress) throws IOException {
        Optional<Published> published = publication.recover();
        if (published.isPresent() && published.get().batch() >= batch) {
            LOG.info("batch {} is in {} already", batch, writer.target());
            return;
        }
        // The query has turned it off for itself; a batch is a table like any other.
        rows.sparkSession().conf().set("spark.sql.adaptive.enabled", "true");
        Ledger ledger = ledger(rows.sparkSession(), "b" + batch);
        Dataset<Row> input = pipeline.keyed(rows);
        MissingRows.Computed computed = new MissingRows(pipeline, steps, ledger)
                .compute(input, OptionalLong.of(rows.count()), ledger.keys(), progress);
        lease.require();
        ledger.compact();
        ResultRows results = new ResultRows(pipeline, input, ledger.results(), computed.coverage());
        results.requireAllowed();
        Path stage = publication.stage(run + "b" + batch);
        writer.write(results, provenance::mark, stage);
        lease.require();
        publication.publish(stage, "", batch);
    }

    private Ledger ledger(SparkSession session, String part) throws IOException {
        return new Ledger(session, writer.target(), pipeline.added(), run + part);
    }

    private static RuntimeException failed(StreamingQueryException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof JobFailedException told) {
                return told;
            }
        }
        return new JobFailedException(
                Failures.ownMessage(failure).orElseGet(() -> Failures.firstLine(failure))
                        + " (finished rows are kept; the same command goes on with the others)",
                failure);
    }
}
