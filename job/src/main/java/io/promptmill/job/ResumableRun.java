package io.promptmill.job;

import io.promptmill.job.MissingRows.Computed;
import io.promptmill.job.ledger.Lease;
import io.promptmill.job.ledger.Ledger;
import io.promptmill.job.ledger.Manifest;
import io.promptmill.job.ledger.Publication;
import io.promptmill.job.ledger.Publication.Published;
import io.promptmill.job.ledger.RowKeys;
import io.promptmill.udf.error.DataException;
import io.promptmill.udf.spark.GenerateSpec;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Computes the rows that no earlier run has finished, commits them in steps, and publishes all when none is missing. A run
 * may end anywhere, by any cause: the same command goes on where it was.
 */
final class ResumableRun implements JobRun {
    private static final Logger LOG = LoggerFactory.getLogger(ResumableRun.class);

    private static final Seq<String> KEY =
            CollectionConverters.asScala(List.of(RowKeys.KEY)).toSeq();

    private final RowPipeline pipeline;
    private final OutputWriter writer;
    private final JobSteps steps;
    private final Ledger ledger;
    private final Publication publication;
    private final Provenance provenance;
    private final boolean acceptChanges;
    private final Lease lease;
    private final String run;

    private ResumableRun(
            RowPipeline pipeline,
            OutputWriter writer,
            Provenance provenance,
            boolean acceptChanges,
            Lease lease,
            String run)
            throws IOException {
        this.lease = lease;
        this.run = run;
        this.pipeline = pipeline;
        this.writer = writer;
        this.provenance = provenance;
        this.acceptChanges = acceptChanges;
        steps = new JobSteps(pipeline, writer);
        ledger = new Ledger(pipeline.spark(), writer.target(), pipeline.added(), run);
        publication = new Publication(writer.target(), hadoop(pipeline.spark()));
    }

    /**
     * A run that goes on with what is at the output path.
     *
     * @param lease of the output, which is held as long as the run lasts
     * @param name of the run
     * @throws io.promptmill.udf.error.PromptmillException where the job could not succeed, or what is there was made by a
     *     job with other settings
     */
    static JobRun of(
            SparkSession spark,
            JobConfig config,
            GenerateSpec spec,
            RowFunctionFactory functions,
            OutputWriter writer,
            boolean acceptChanges,
            Lease lease,
            String name) {
        Configuration hadoop = hadoop(spark);
        Path output = writer.target();
        try {
            Manifest begun = Manifest.read(output, hadoop);
            GenerateSpec dated = begun == null ? spec : spec.withStart(begun.start());
            RowPipeline pipeline = new RowPipeline(spark, config, dated, functions);
            ModelIdentity model = ModelIdentity.of(spec.model(), hadoop);
            Manifest manifest = JobSettings.manifest(pipeline, dated, model, hadoop);
            Provenance provenance = new Provenance(pipeline, dated, model, hadoop);
            if (begun != null) {
                begun.requireSame(manifest, output.toString(), acceptChanges);
            }
            ResumableRun run = new ResumableRun(pipeline, writer, provenance, acceptChanges, lease, name);
            if (config.trigger().isStream()) {
                // Refuses what does not come as a stream.
                pipeline.stream();
            }
            run.ledger.prepare();
            if (begun == null || !begun.equalSettings(manifest)) {
                manifest.write(output, hadoop);
            }
            return config.trigger().isStream() ? new StreamRun(pipeline, writer, provenance, lease, name) : run;
        } catch (IOException e) {
            throw new DataException("output.path '" + output + "' cannot be used: " + Failures.firstLine(e), e);
        }
    }

    @Override
    public JobReport run(PrintStream progress) {
        long start = System.nanoTime();
        try {
            lease.require();
            Optional<Published> published = publication.recover();
            long before = ledger.keys();
            Dataset<Row> input = pipeline.keyed(pipeline.input());
            if (published.isPresent()) {
                requireStillThere(input);
            }
            OptionalLong rows = before > 0
                    ? OptionalLong.empty()
                    : InputSize.of(pipeline.input(), pipeline.config().input()).rows();
            Computed computed = new MissingRows(pipeline, steps, ledger).compute(input, rows, before, progress);
            double seconds = (System.nanoTime() - start) / 1e9;
            return publish(input, published, computed, new Before(before, seconds));
        } catch (IOException e) {
            throw new JobFailedException(
                    "the output at " + writer.target() + " cannot be written: " + Failures.firstLine(e)
                            + " (finished rows are kept; the same command goes on with the others)",
                    e);
        }
    }

    /** An output that is published is not taken back: what was once an input's row is expected to be one still. */
    private void requireStillThere(Dataset<Row> input) throws IOException {
        long gone = ledger.results()
                .select(RowKeys.KEY)
                .distinct()
                .join(input.select(RowKeys.KEY), KEY, "left_anti")
                .count();
        if (gone > 0 && !acceptChanges) {
            throw new DataException("output.path '" + writer.target() + "' holds " + gone
                    + " rows that are no longer in the input, or have changed there; they would be left out."
                    + " Bring the input back, choose another output.path, or run with --accept-changes");
        }
    }

    private JobReport publish(Dataset<Row> input, Optional<Published> published, Computed computed, Before before)
            throws IOException {
        lease.require();
        ledger.compact();
        ResultRows rows = new ResultRows(pipeline, input, ledger.results(), computed.coverage());
        String contents = rows.contents();
        if (!computed.any()
                && published.isPresent()
                && published.get().contents().equals(contents)
                && publication.isWhole(published.get())) {
            LOG.info("nothing is missing in {}", writer.target());
            return report(before, rows);
        }
        if (rows.haveAllFailed()) {
            throw new JobFailedException(
                    steps.everyRowFailed(ledger.results()) + "; nothing was published to " + writer.target()
                            + ", and the errors are kept: correct their cause and run again with --set retry=errors",
                    null);
        }
        rows.requireAllowed();
        steps.describe("publish");
        Path stage = publication.stage(run);
        writer.write(rows, provenance::mark, stage);
        EvaluationReport figures = steps.evaluate(List.of(stage));
        lease.require();
        publication.publish(stage, contents, null);
        if (figures != null) {
            publication.attach(EvaluationReport.FILE, figures.json());
        }
        JobReport report = report(before, rows).with(figures);
        publication.attach(Provenance.FILE, provenance.json(report));
        return report;
    }

    private JobReport report(Before before, ResultRows rows) {
        return steps.report(List.of(writer.target()), before.seconds(), rows.dropped())
                .resumed(before.rows());
    }

    /**
     * What came before the publication.
     *
     * @param rows that earlier runs had finished
     * @param seconds that computing took
     */
    private record Before(long rows, double seconds) {}

    private static Configuration hadoop(SparkSession spark) {
        return spark.sparkContext().hadoopConfiguration();
    }
}
