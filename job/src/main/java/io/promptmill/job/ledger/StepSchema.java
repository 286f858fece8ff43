package io.promptmill.job.ledger;

import io.promptmill.udf.spark.OutputSchema;
import java.io.Serializable;
import java.util.Arrays;
import org.apache.spark.sql.types.StructType;

/**
 * The columns of a step: the key of a row of the input, then what was made of it. A row that is exploded has several.
 *
 * @param columns {@link RowKeys#KEY} first
 */
record StepSchema(StructType columns) implements Serializable {

    static final int KEY = 0;

    /** @param added the columns that a job adds to its input */
    static StepSchema of(StructType added) {
        StructType columns = new StructType().add(RowKeys.FIELD);
        for (var field : added.fields()) {
            // What is read back from files may always be null for Spark.
            columns = columns.add(field.name(), field.dataType(), true);
        }
        return new StepSchema(columns);
    }

    int error() {
        return columns.fieldIndex(OutputSchema.ERROR);
    }

    boolean isExploded() {
        return Arrays.asList(columns.fieldNames()).contains(OutputSchema.COMPLETION_INDEX);
    }
}
