package io.promptmill.job;

import io.promptmill.udf.error.DataException;
import io.promptmill.udf.prompt.PromptTemplate;
import io.promptmill.udf.spark.GenerateMetrics;
import io.promptmill.udf.spark.OutputSchema;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;
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
    private final OptionalLong rows;

    /**
     * Checks everything that can be checked before the first token.
     *
     * @throws io.promptmill.udf.error.PromptmillException where the job could not succeed
     */
    GenerationJob(SparkSession spark, JobConfig config, RowFunctionFactory functions) {
        this.spark = spark;
        this.config = config;
        boolean local = spark.sparkContext().isLocal();
        String model =
                ModelCheck.resolve(config.model(), local, spark.sparkContext().hadoopConfiguration());
        writer = new OutputWriter(config.output(), spark.sparkContext().hadoopConfiguration());
        input = new InputReader(spark, config.input()).open(expectedColumns());
        StructType schema = OutputSchema.of(input.schema());
        metrics = GenerateMetrics.register(spark.sparkContext());
        MapPartitionsFunction<Row, Row> function =
                functions.create(config.generateSpec(model), input.schema(), metrics);
        checkAppend(schema);
        InputSize size = InputSize.of(input, config.input());
        rows = size.rows();
        output = size.spread(input, ClusterSlots.count(spark.sparkContext()))
                .mapPartitions(function, Encoders.row(schema));
        writer.prepare(config.input().paths());
    }

    /**
     * Generates and writes every row.
     *
     * @param progress where lines on the state of the job go
     * @throws JobFailedException where it could not be completed; the output path is as it was
     */
    JobReport run(PrintStream progress) {
        long start = System.nanoTime();
        spark.sparkContext().setJobDescription("generate " + writer.target());
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
        try {
            JobReport report = JobReport.of(
                    written(),
                    config.input().id(),
                    metrics,
                    seconds,
                    writer.target().toString());
            writer.publish();
            return report;
        } catch (IOException e) {
            throw new JobFailedException(
                    "the rows are generated but could not be moved to the output path: " + Failures.firstLine(e), e);
        } finally {
            writer.clean();
        }
    }

    private Dataset<Row> written() {
        return spark.read()
                .schema(output.schema())
                .format(writer.sourceName())
                .load(writer.staging().toString());
    }

    /** The columns that the configuration names: what an input without any schema of its own is given. */
    private List<String> expectedColumns() {
        List<String> columns = new ArrayList<>();
        if (config.input().id() != null) {
            columns.add(config.input().id());
        }
        switch (config.prompt().source()) {
            case COLUMN, MESSAGES -> columns.add(config.prompt().value());
            case TEMPLATE -> columns.addAll(new PromptTemplate(config.prompt().value()).variables());
        }
        columns.addAll(config.sampling().columns().values());
        return columns.stream().distinct().toList();
    }

    private void checkAppend(StructType schema) {
        String path = writer.target().toString();
        if (config.output().mode() != OutputConfig.Mode.APPEND || !writer.exists()) {
            return;
        }
        StructType existing =
                spark.read().format(writer.sourceName()).load(path).schema();
        if (config.output().format().equals("parquet") && !columns(existing).equals(columns(schema))) {
            throw new DataException("output.path '" + path + "' holds rows with the columns " + columns(existing)
                    + "; this job would append " + columns(schema) + ". Choose another output path");
        }
    }

    private static List<String> columns(StructType schema) {
        List<String> columns = new ArrayList<>();
        for (StructField field : schema.fields()) {
            columns.add(field.name() + " " + field.dataType().sql());
        }
        return columns;
    }
}
