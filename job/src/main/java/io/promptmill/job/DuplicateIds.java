package io.promptmill.job;

import static io.promptmill.job.ledger.ColumnNames.quoted;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.sum;

import io.promptmill.udf.spark.OutputSchema;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Finds ids that do not tell rows apart. Each of their rows comes out, and nobody can say which is which. */
final class DuplicateIds {
    private static final String ROWS = "rows";

    private DuplicateIds() {}

    /**
     * What to tell of such ids, or nothing.
     *
     * @param written every row of the output
     * @param column with the ids
     * @param added columns that the job has added
     */
    static Optional<String> warning(Dataset<Row> written, String column, String[] added) {
        boolean exploded = Arrays.asList(added).contains(OutputSchema.COMPLETION_INDEX);
        Dataset<Row> rows =
                exploded ? written.filter(quoted(OutputSchema.COMPLETION_INDEX).equalTo(0)) : written;
        Column id = quoted(column).as("id");
        Row found = rows.groupBy(id)
                .agg(count(lit(1)).as(ROWS))
                .filter(col(ROWS).gt(1))
                .agg(count(lit(1)), sum(col(ROWS)), min(col("id").cast("string")))
                .first();
        return found.getLong(0) == 0
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT,
                        "%,d rows share %,d ids of column '%s', such as %s; all are in the output",
                        found.getLong(1),
                        found.getLong(0),
                        column,
                        found.isNullAt(2) ? "null" : "'" + found.getString(2) + "'"));
    }
}
