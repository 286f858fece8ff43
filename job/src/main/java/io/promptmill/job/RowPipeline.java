package io.promptmill.job;

import io.promptmill.job.ledger.RowKeys;
import io.promptmill.udf.prompt.PromptTemplate;
import io.promptmill.udf.spark.EmbedTask;
import io.promptmill.udf.spark.GenerateMetrics;
import io.promptmill.udf.spark.GenerateSpec;
import io.promptmill.udf.spark.LabelTask;
import io.promptmill.udf.spark.OutputSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** The way of a job's rows from its input through its task; nothing is computed here. Immutable. */
final class RowPipeline {
    private final SparkSession spark;
    private final JobConfig config;
    private final GenerateSpec spec;
    private final RowFunctionFactory functions;
    private final GenerateMetrics metrics;
    private final Dataset<Row> read;
    private final Dataset<Row> input;
    private final InputReader reader;
    private final boolean keepsBrokenLines;

    /**
     * @throws io.promptmill.udf.error.PromptmillException where the input cannot be read, or does not fit the job
     */
    RowPipeline(SparkSession spark, JobConfig config, GenerateSpec spec, RowFunctionFactory functions) {
        this.spark = spark;
        this.config = config;
        this.spec = spec;
        this.functions = functions;
        metrics = GenerateMetrics.register(spark.sparkContext());
        reader = new InputReader(spark, config.input());
        read = reader.openMarked(expectedColumns());
        input = parsed(read);
        keepsBrokenLines = keepsBrokenLines();
        // Refuses what does not fit.
        generate(input, function -> function);
    }

    SparkSession spark() {
        return spark;
    }

    JobConfig config() {
        return config;
    }

    GenerateMetrics metrics() {
        return metrics;
    }

    Dataset<Row> input() {
        return input;
    }

    /**
     * Rows of the input with their keys. Whether Spark finds a value of text that does not fit its column depends on the
     * columns that are asked for, so all are read where a key depends on that.
     */
    Dataset<Row> keyed(Dataset<Row> rows) {
        Dataset<Row> whole = BrokenLines.has(rows.schema())
                ? rows.mapPartitions((MapPartitionsFunction<Row, Row>) all -> all, Encoders.row(rows.schema()))
                : rows;
        return RowKeys.with(whole, readColumns());
    }

    /** The input's files as they come, with the columns of {@link #input}. */
    Dataset<Row> stream() {
        return parsed(reader.openStream(read.schema()));
    }

    private Dataset<Row> parsed(Dataset<Row> rows) {
        return config.input().format() == InputConfig.Format.OPENAI_BATCH
                ? OpenAiBatch.of(config.task()).rows(rows)
                : rows;
    }

    /** The columns that the job adds. */
    StructType added() {
        return OutputSchema.added(spec);
    }

    /** The columns of the output. */
    StructType outputSchema() {
        StructType columns = new StructType();
        for (var field : OutputSchema.of(input.schema(), spec).fields()) {
            columns = field.name().equals(BrokenLines.COLUMN) && !keepsBrokenLines ? columns : columns.add(field);
        }
        return columns;
    }

    /** Rows of the input, spread over the cluster. */
    Dataset<Row> spread(Dataset<Row> rows, InputSize size) {
        return size.spread(rows, ClusterSlots.count(spark.sparkContext()));
    }

    /**
     * The rows with what the task makes of them.
     *
     * @param rows of the input, and other columns of any names that pass through
     * @param around what is done about the function on the executors
     */
    Dataset<Row> generate(Dataset<Row> rows, UnaryOperator<MapPartitionsFunction<Row, Row>> around) {
        MapPartitionsFunction<Row, Row> function = around.apply(functions.create(spec, rows.schema(), metrics));
        Dataset<Row> generated = rows.mapPartitions(function, Encoders.row(OutputSchema.of(rows.schema(), spec)));
        return BrokenLines.explain(generated, added(), keepsBrokenLines);
    }

    /** The columns that a row's result depends on. */
    List<String> readColumns() {
        List<String> columns = new ArrayList<>(columns(false));
        if (BrokenLines.has(input.schema())) {
            columns.add(BrokenLines.COLUMN);
        }
        return columns;
    }

    /** What a look at the first rows is to show: which row it is, and what became of it. */
    List<String> shownColumns() {
        List<String> columns = new ArrayList<>();
        if (config.input().id() != null) {
            columns.add(config.input().id());
        }
        if (config.task() instanceof EmbedTask) {
            // Vectors are long, and nobody reads them.
            columns.add(OutputSchema.PROMPT_TOKENS);
            return columns;
        }
        columns.add(added().fieldNames()[0]);
        columns.add(config.task() instanceof LabelTask ? OutputSchema.PROBABILITY : OutputSchema.FINISH_REASON);
        return columns;
    }

    /** The columns that the configuration names: what an input without any schema of its own is given. */
    private List<String> expectedColumns() {
        return columns(true);
    }

    private List<String> columns(boolean withEvaluation) {
        List<String> columns = new ArrayList<>();
        if (config.input().id() != null) {
            columns.add(config.input().id());
        }
        if (config.input().adapter() != null) {
            columns.add(config.input().adapter());
        }
        if (withEvaluation && config.evaluation() != null) {
            columns.add(config.evaluation().column());
        }
        columns.addAll(promptColumns());
        columns.addAll(config.task().inputColumns());
        columns.addAll(config.sampling().columns().values());
        return columns.stream().distinct().toList();
    }

    private List<String> promptColumns() {
        return switch (config.prompt().source()) {
            case COLUMN, MESSAGES, REQUEST -> List.of(config.prompt().value());
            case TEMPLATE ->
                new PromptTemplate(config.prompt().value())
                        .variables().stream()
                                .filter(name ->
                                        !config.task().templateVariables().contains(name))
                                .toList();
        };
    }

    /** A schema that the user gave has the columns to be written; CSV always has the column, mostly for nothing. */
    private boolean keepsBrokenLines() {
        String schema = config.input().schema();
        return schema == null ? !reader.isCsv() : BrokenLines.has(StructType.fromDDL(schema));
    }
}
