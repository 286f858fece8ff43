package io.promptmill.job;

import io.promptmill.udf.prompt.PromptTemplate;
import io.promptmill.udf.spark.AdapterSpec;
import io.promptmill.udf.spark.GenerateMetrics;
import io.promptmill.udf.spark.GenerateSpec;
import io.promptmill.udf.spark.LabelTask;
import io.promptmill.udf.spark.OutputSchema;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run: checks, reads, generates, writes, publishes. Used once, by one thread. */
final class GenerationJob {
    private static final Logger LOG = LoggerFactory.getLogger(GenerationJob.class);

    private final SparkSession spark;
    private final JobConfig config;
    private final OutputWriter writer;
    private final GenerateMetrics metrics;
    private final Dataset<Row> input;
    private final Dataset<Row> output;
    private final Evaluation evaluation;
    private final StructType added;
    private final OptionalLong rows;

    /**
     * Checks everything that can be checked before the first token.
     *
     * @throws io.promptmill.udf.error.PromptmillException where the job could not succeed
     */
    GenerationJob(SparkSession spark, JobConfig config, RowFunctionFactory functions) {
        this.spark = spark;
        this.config = config;
        String model = ModelCheck.resolve(config.model(), config.prompt(), spark.sparkContext());
        AdapterSpec adapters = AdapterCheck.resolve(config.adapters(), config.model(), spark.sparkContext());
        writer = new OutputWriter(config.output(), spark.sparkContext().hadoopConfiguration());
        InputReader reader = new InputReader(spark, config.input());
        input = reader.openMarked(expectedColumns());
        GenerateSpec spec = config.generateSpec(model, adapters);
        StructType schema = OutputSchema.of(input.schema(), spec);
        added = OutputSchema.added(spec);
        metrics = GenerateMetrics.register(spark.sparkContext());
        MapPartitionsFunction<Row, Row> function = functions.create(spec, input.schema(), metrics);
        InputSize size = InputSize.of(input, config.input());
        rows = size.rows();
        Dataset<Row> generated = size.spread(input, ClusterSlots.count(spark.sparkContext()))
                .mapPartitions(function, Encoders.row(schema));
        output = BrokenLines.explain(generated, added, keepsBrokenLines(reader));
        evaluation = config.evaluation() == null
                ? null
                : Evaluation.of(config.evaluation(), input.schema(), output.schema());
        writer.checkAppend(spark, output.schema());
        writer.prepare(config.input().paths());
    }

    /**
     * Generates and writes every row.
     *
     * @param progress where lines on the state of the job go
     * @throws JobFailedException where it could not be completed, or every row of a non-empty input failed; what was at
     *     the output path before is there still, unless the message says where it is
     */
    JobReport run(PrintStream progress) {
        long start = System.nanoTime();
        spark.sparkContext().setJobDescription(config.task().name() + " " + writer.target());
        LOG.info(
                "generating {} rows from {}",
                rows.isPresent() ? rows.getAsLong() : "an unknown number of",
                config.input().paths());
        Progress listener = Progress.start(spark.sparkContext(), metrics, rows, progress);
        try {
            writer.write(output);
        } catch (Exception e) {
            writer.clean();
            throw new JobFailedException(
                    Failures.ownMessage(e).orElseGet(() -> Failures.firstLine(e)) + " (nothing was written to "
                            + writer.target() + ")",
                    e);
        } finally {
            listener.close();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        // Accumulators count a retried task twice, so they tell that every row of the output has failed, not how many.
        boolean failed = metrics.rows().value() > 0
                && metrics.errors().value().equals(metrics.rows().value());
        if (failed && writer.exists()) {
            writer.keep();
            throw new JobFailedException(
                    everyRowFailed(List.of(writer.staging())) + "; " + writer.target()
                            + " is as it was, the rows with their errors are in " + writer.staging(),
                    null);
        }
        EvaluationReport figures = failed || evaluation == null ? null : evaluate();
        List<Path> published = publish();
        if (failed) {
            throw new JobFailedException(
                    everyRowFailed(published) + "; the rows with their errors are in " + writer.target(), null);
        }
        return report(published, seconds).with(figures);
    }

    /** Before the rows are published, so that the figures appear together with them. No row is lost for want of figures. */
    private EvaluationReport evaluate() {
        writer.keep();
        spark.sparkContext().setJobDescription("evaluate " + writer.target());
        try {
            EvaluationReport figures = evaluation.report(read(List.of(writer.staging())));
            writer.addFile(EvaluationReport.FILE, figures.json());
            return figures;
        } catch (Exception e) {
            LOG.warn(
                    "the rows could not be compared with column '{}'",
                    config.evaluation().column(),
                    e);
            return null;
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

    /** The rows are safe where this is called: that they cannot be counted must not fail the job. */
    private JobReport report(List<Path> published, double seconds) {
        String path = writer.target().toString();
        try {
            return JobReport.of(read(published), shownColumns(), metrics, seconds, path);
        } catch (Exception e) {
            LOG.warn("the rows are in {} but could not be counted: {}", path, Failures.firstLine(e));
            return JobReport.estimated(metrics, seconds, path);
        }
    }

    /** What a look at the first rows is to show: which row it is, and what became of it. */
    private List<String> shownColumns() {
        List<String> columns = new ArrayList<>();
        if (config.input().id() != null) {
            columns.add(config.input().id());
        }
        columns.add(added.fieldNames()[0]);
        columns.add(config.task() instanceof LabelTask ? OutputSchema.PROBABILITY : OutputSchema.FINISH_REASON);
        return columns;
    }

    private String everyRowFailed(List<Path> rows) {
        List<String> reasons = new ArrayList<>();
        try {
            JobReport.reasons(read(rows)).forEach((reason, number) -> reasons.add(number + " x " + reason));
        } catch (Exception e) {
            LOG.warn("the errors of the rows could not be counted: {}", Failures.firstLine(e));
        }
        return "every row has failed" + (reasons.isEmpty() ? "" : ": " + String.join("; ", reasons));
    }

    private Dataset<Row> read(List<Path> written) {
        return spark.read()
                .schema(output.schema())
                .format(writer.sourceName())
                .load(written.stream().map(Path::toString).toArray(String[]::new));
    }

    /** The columns that the configuration names: what an input without any schema of its own is given. */
    private List<String> expectedColumns() {
        List<String> columns = new ArrayList<>();
        if (config.input().id() != null) {
            columns.add(config.input().id());
        }
        if (config.input().adapter() != null) {
            columns.add(config.input().adapter());
        }
        if (config.evaluation() != null) {
            columns.add(config.evaluation().column());
        }
        columns.addAll(promptColumns());
        columns.addAll(config.task().inputColumns());
        columns.addAll(config.sampling().columns().values());
        return columns.stream().distinct().toList();
    }

    private List<String> promptColumns() {
        return switch (config.prompt().source()) {
            case COLUMN, MESSAGES -> List.of(config.prompt().value());
            case TEMPLATE ->
                new PromptTemplate(config.prompt().value())
                        .variables().stream()
                                .filter(name ->
                                        !config.task().templateVariables().contains(name))
                                .toList();
        };
    }

    /** A schema that the user gave has the columns to be written; CSV always has the column, mostly for nothing. */
    private boolean keepsBrokenLines(InputReader reader) {
        String schema = config.input().schema();
        return schema == null ? !reader.isCsv() : BrokenLines.has(StructType.fromDDL(schema));
    }
}
