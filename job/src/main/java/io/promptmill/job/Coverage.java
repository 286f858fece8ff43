package io.promptmill.job;

import static io.promptmill.job.ledger.ColumnNames.quoted;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.crc32;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.to_json;
import static org.apache.spark.sql.functions.when;

import io.promptmill.job.ledger.JsonText;
import io.promptmill.job.ledger.RowKeys;
import io.promptmill.udf.spark.OutputSchema;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import scala.jdk.javaapi.CollectionConverters;

/**
 * What the results cover of an input, found in one pass over both.
 *
 * @param rows of the input
 * @param checksum of them, the same in whatever order they come
 * @param missing those of them that have no result
 * @param results of the input's rows: more than those where a row has several completions
 * @param attempts that the results took
 * @param errors results that are errors
 */
record Coverage(long rows, long checksum, long missing, long results, long attempts, long errors) {
    private static final String CHECKSUM = "_promptmill_checksum";

    /**
     * Reads both.
     *
     * @param input with {@link RowKeys#KEY}
     * @param results one for each key, or several with numbers
     */
    static Coverage of(Dataset<Row> input, Dataset<Row> results) {
        Column text = to_json(struct(quoted(input.columns())), JsonText.OPTIONS).cast("binary");
        boolean exploded = Arrays.asList(results.columns()).contains(OutputSchema.COMPLETION_INDEX);
        Column index = exploded ? col(OutputSchema.COMPLETION_INDEX) : lit(0);
        Column attempts = col(OutputSchema.ATTEMPTS);
        Column once = attempts.isNull().or(index.isNull()).or(index.equalTo(0));
        Row found = input.select(col(RowKeys.KEY), crc32(text).as(CHECKSUM))
                .join(
                        results,
                        CollectionConverters.asScala(List.of(RowKeys.KEY)).toSeq(),
                        "left_outer")
                .agg(
                        count(when(once, 1)),
                        coalesce(sum(when(once, col(CHECKSUM))), lit(0L)),
                        count(when(attempts.isNull(), 1)),
                        count(attempts),
                        coalesce(sum(attempts), lit(0L)),
                        count(col(OutputSchema.ERROR)))
                .first();
        return new Coverage(
                found.getLong(0),
                found.getLong(1),
                found.getLong(2),
                found.getLong(3),
                found.getLong(4),
                found.getLong(5));
    }

    boolean haveAllFailed() {
        return results > 0 && results == errors;
    }
}
