package io.promptmill.udf.spark;

import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.RowError;
import java.io.Serializable;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * What a job does with its rows: one implementation for each task. Made on the driver, where it refuses what does not fit
 * the input's columns; immutable; travels to the executors.
 */
interface RowTask extends Serializable {

    /**
     * The task of a job.
     *
     * @throws ConfigException where it does not fit the columns
     */
    static RowTask of(GenerateSpec spec, StructType input) {
        RowInputs inputs = new RowInputs(spec, input);
        if (spec.task() instanceof LabelTask label) {
            return label.multi() ? new MultiLabelRows(label, inputs) : new LabelRows(label, inputs);
        }
        if (spec.task() instanceof ExtractTask extract) {
            return new ExtractRows(extract, inputs);
        }
        if (spec.task() instanceof EmbedTask embed) {
            return new EmbedRows(embed, inputs);
        }
        return new GenerateRows((GenerateTask) spec.task(), inputs);
    }

    /**
     * The rows of one Spark task.
     *
     * @throws ConfigException where the engine's model cannot do what is asked
     */
    Worker open(CompletionEngine engine);

    /** Belongs to one Spark task: not thread-safe. */
    interface Worker {
        /**
         * What the row asks of the engine.
         *
         * @throws io.promptmill.udf.error.RequestException where the row cannot be served
         */
        RowWork<?> start(Row row);

        /** Whether the last prompt of the row that was started has been cut to fit. */
        boolean hasCut();

        /** The output of a row that cannot be served, with the tokens that were spent on it. */
        RowResult failed(RowError error, int promptTokens, int completionTokens);
    }
}
