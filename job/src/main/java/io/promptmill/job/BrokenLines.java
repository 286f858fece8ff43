package io.promptmill.job;

import static io.promptmill.job.ledger.ColumnNames.quoted;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.spark.OutputSchema;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Rows whose line of JSON or CSV cannot be read. Spark gives them nulls and, in a column of its own, the text of the line; the
 * reason of such a row is the line, not the null in its prompt.
 */
final class BrokenLines {
    /** Where Spark puts the text; it adds the column by itself where it infers a schema and meets such lines. */
    static final String COLUMN = "_corrupt_record";

    private BrokenLines() {}

    /** The schema with the column, so that Spark keeps the text. */
    static StructType with(StructType schema) {
        return has(schema) ? schema : schema.add(COLUMN, DataTypes.StringType, true);
    }

    /** True where the rows have the column. */
    static boolean has(StructType schema) {
        return Arrays.asList(schema.fieldNames()).contains(COLUMN);
    }

    /**
     * The rows with the reason put right where the line is broken, or has a value that does not fit its column: Spark reads
     * such a value as null, which must not pass for a value that was left out.
     *
     * @param generated rows with the columns of {@link OutputSchema}
     * @param added those of them that are not the input's
     * @param kept whether the column stays in the output
     */
    static Dataset<Row> explain(Dataset<Row> generated, StructType added, boolean kept) {
        if (!has(generated.schema())) {
            return generated;
        }
        Column broken = quoted(COLUMN).isNotNull();
        String reason = "the line of this row is not valid, or does not fit its columns"
                + (kept ? "; its text is in column " + COLUMN : "");
        List<Column> columns = new ArrayList<>();
        for (String name : generated.columns()) {
            if (Arrays.asList(added.fieldNames()).contains(name)) {
                columns.add(explained(name, added.apply(name), broken, reason));
            } else if (!name.equals(COLUMN) || kept) {
                columns.add(quoted(name));
            }
        }
        return generated.select(columns.toArray(Column[]::new));
    }

    /** What the row would have got without its line's fault is taken from it; what was spent on it stays. */
    private static Column explained(String name, StructField field, Column broken, String reason) {
        Column column = quoted(name);
        return switch (name) {
            case OutputSchema.PROMPT_TOKENS,
                    OutputSchema.COMPLETION_TOKENS,
                    OutputSchema.COMPLETION_INDEX,
                    OutputSchema.ATTEMPTS -> column;
            case OutputSchema.FINISH_REASON ->
                when(broken, lit("error")).otherwise(column).as(name);
            case OutputSchema.ERROR_CATEGORY ->
                when(broken, lit(ErrorCategory.INPUT.label())).otherwise(column).as(name);
            case OutputSchema.ERROR ->
                when(broken, lit(reason)).otherwise(column).as(name);
            default ->
                when(broken, lit(null).cast(field.dataType())).otherwise(column).as(name);
        };
    }
}
