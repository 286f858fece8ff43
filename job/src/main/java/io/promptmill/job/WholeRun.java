package io.promptmill.job;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.OptionalLong;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Computes all rows and publishes them together; a run that ends early leaves the output as it was. */
final class WholeRun implements JobRun {
    private static final Logger LOG = LoggerFactory.getLogger(WholeRun.class);

    private final RowPipeline pipeline;
    private final OutputWriter writer;
    private final Provenance provenance;
    private final JobSteps steps;
    private final Dataset<Row> output;
    private final OptionalLong rows;

    /**
     * @throws io.promptmill.udf.error.PromptmillException where the job could not succeed
     */
    WholeRun(RowPipeline pipeline, OutputWriter writer, Provenance provenance) {
        this.pipeline = pipeline;
        this.writer = writer;
        this.provenance = provenance;
        InputSize size = InputSize.of(pipeline.input(), pipeline.config().input());
        rows = size.rows();
        output = pipeline.generate(pipeline.spread(pipeline.input(), size), function -> function);
        steps = new JobSteps(pipeline, writer);
        writer.checkAppend(pipeline.spark(), output.schema());
        writer.prepare(pipeline.config().input().paths());
    }

    @Override
    public JobReport run(PrintStream progress) {
        long start = System.nanoTime();
        try {
            steps.compute(
                    rows,
                    progress,
                    () -> writer.write(
                            provenance.mark(pipeline.config().errors().written(output))),
                    "nothing was written to " + writer.target());
        } catch (JobFailedException e) {
            writer.clean();
            throw e;
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        // Accumulators count a retried task twice, so they tell that every row of the output has failed, not how many.
        boolean failed = pipeline.metrics().rows().value() > 0
                && pipeline.metrics()
                        .errors()
                        .value()
                        .equals(pipeline.metrics().rows().value());
        if (failed && writer.exists()) {
            writer.keep();
            throw new JobFailedException(
                    steps.everyRowFailed(steps.read(List.of(writer.staging()))) + "; " + writer.target()
                            + " is as it was, the rows with their errors are in " + writer.staging(),
                    null);
        }
        // Before the rows are published, so that the figures appear together with them.
        writer.keep();
        EvaluationReport figures = failed ? null : steps.evaluate(List.of(writer.staging()));
        JobReport report = steps.report(List.of(writer.staging()), seconds).with(figures);
        addFile(Provenance.FILE, provenance.json(report));
        if (figures != null) {
            addFile(EvaluationReport.FILE, figures.json());
        }
        List<Path> published = publish();
        if (failed) {
            throw new JobFailedException(
                    steps.everyRowFailed(steps.read(published)) + "; the rows with their errors are in "
                            + writer.target(),
                    null);
        }
        return report;
    }

    private void addFile(String name, String text) {
        try {
            writer.addFile(name, text);
        } catch (IOException e) {
            LOG.warn("{} could not be written: {}", name, Failures.firstLine(e));
        }
    }

    private List<Path> publish() {
        try {
            List<Path> published = writer.publish();
            writer.clean();
            return published;
        } catch (IOException | RuntimeException e) {
            throw new JobFailedException(
                    "the rows are generated but could not be moved to " + writer.target() + ": " + Failures.firstLine(e)
                            + "; they are kept in " + writer.staging() + ", move them from there or read them there",
                    e);
        }
    }
}
