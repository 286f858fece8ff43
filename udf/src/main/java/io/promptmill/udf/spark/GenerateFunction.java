package io.promptmill.udf.spark;

import com.esotericsoftware.kryo.DefaultSerializer;
import com.esotericsoftware.kryo.serializers.JavaSerializer;
import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.error.ConfigException;
import java.util.Collections;
import java.util.Iterator;
import java.util.Objects;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Does a job's task for every row of a partition: {@code rows.mapPartitions(function, Encoders.row(schema))}, or {@link
 * #applyTo}. Every input row yields one output row (with {@link GenerateTask#explode}, as many as it has completions), in
 * the same order, with the columns of {@link OutputSchema}; a row that cannot be served carries the reason in {@code
 * error}. A partition of any length takes the same memory.
 *
 * <p>The constructor runs on the driver and refuses a specification that does not fit the columns. The function is
 * immutable, thread-safe and serialised by Java's own mechanism, under Kryo too: Kryo cannot write records.
 */
@DefaultSerializer(JavaSerializer.class)
public final class GenerateFunction implements MapPartitionsFunction<Row, Row> {
    private static final long serialVersionUID = 1L;

    /** Requests under way per sequence that the engine runs; the surplus covers for a slow row at the window's head. */
    private static final int WINDOW_PER_SEQUENCE = 4;

    private final GenerateSpec spec;
    private final StructType inputSchema;
    private final StructType outputSchema;
    private final RowTask task;
    private final GenerateMetrics metrics;
    private final EngineSource source;

    /**
     * With the engine that all tasks of an executor share, see {@link EngineCache#shared}.
     *
     * @throws ConfigException where the specification does not fit the columns
     */
    public GenerateFunction(GenerateSpec spec, StructType inputSchema, GenerateMetrics metrics) {
        this(spec, inputSchema, metrics, EngineCache.shared());
    }

    /**
     * @param inputSchema columns of the rows to come
     * @param metrics to count in, or null
     * @param source of the engine on each executor
     * @throws ConfigException where the specification does not fit the columns
     */
    public GenerateFunction(GenerateSpec spec, StructType inputSchema, GenerateMetrics metrics, EngineSource source) {
        this.spec = Objects.requireNonNull(spec, "spec");
        if (spec.model() == null || spec.model().isBlank()) {
            throw new ConfigException("no model is given; name a model file, a URI or a file shipped with the job");
        }
        this.inputSchema = inputSchema;
        this.outputSchema = OutputSchema.of(inputSchema, spec);
        this.task = RowTask.of(spec, inputSchema);
        this.metrics = metrics;
        this.source = Objects.requireNonNull(source, "source");
    }

    /** Columns of the rows that this function yields. */
    public StructType outputSchema() {
        return outputSchema;
    }

    /** The rows with their completions; nothing runs until an action asks for them. */
    public Dataset<Row> applyTo(Dataset<Row> rows) {
        return rows.mapPartitions(this, Encoders.row(outputSchema));
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        if (!rows.hasNext()) {
            return Collections.emptyIterator();
        }
        TaskContext context = TaskContext.get();
        CompletionEngine engine = source.get(spec, metrics);
        CompletionIterator completions = new CompletionIterator(
                rows,
                task.open(engine),
                OutputSchema.added(spec).fieldNames(),
                engine,
                Math.multiplyExact(WINDOW_PER_SEQUENCE, engine.maximumSequences()),
                new RowCounter(metrics, spec, inputSchema),
                context,
                failure -> engineFailure(engine, failure));
        if (context != null) {
            TaskCompletionListener onEnd = ended -> completions.cancel();
            context.addTaskCompletionListener(onEnd);
        }
        return completions;
    }

    private RuntimeException engineFailure(CompletionEngine engine, Throwable failure) {
        source.failed(engine);
        return new IllegalStateException(
                "the engine of model '" + spec.model() + "' failed while it served a row (" + failure
                        + "); Spark runs the task again, with a newly loaded engine",
                failure);
    }
}
