package io.promptmill.job;

import static org.apache.spark.sql.functions.col;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.spark.OutputSchema;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What errors of rows do to a job.
 *
 * @param onError what becomes of a row with an error
 * @param maximumFraction share of the rows with an error, from 0 to 1, above which the job fails
 */
record ErrorPolicy(OnError onError, double maximumFraction) {

    /** What becomes of a row with an error. */
    enum OnError {
        KEEP,
        DROP,
        FAIL
    }

    private static final List<String> NAMES = List.of("keep", "drop", "fail");

    /** @param root the whole configuration */
    static ErrorPolicy of(Section root) {
        String name = root.text("on_error");
        if (name != null && !NAMES.contains(name)) {
            throw new ConfigException("'on_error' is \"" + name + "\"; expected one of " + String.join(", ", NAMES));
        }
        JsonNode given = root.value("max_error_fraction");
        double fraction = root.number("max_error_fraction").orElse(1.0);
        if (!(fraction >= 0 && fraction <= 1)) {
            throw root.wrong("max_error_fraction", given, "a number from 0 to 1");
        }
        return new ErrorPolicy(name == null ? OnError.KEEP : OnError.valueOf(name.toUpperCase(Locale.ROOT)), fraction);
    }

    /** The rows that are to be written. */
    Dataset<Row> written(Dataset<Row> rows) {
        return onError == OnError.DROP ? rows.filter(col(OutputSchema.ERROR).isNull()) : rows;
    }

    /** Why a job with these rows has failed, or empty. */
    Optional<String> atEnd(long rows, long errors) {
        if (onError == OnError.FAIL && errors > 0) {
            return Optional.of(errors + " of " + rows + " rows have an error, and on_error is fail");
        }
        return errors > maximumFraction * rows
                ? Optional.of(String.format(
                        Locale.ROOT,
                        "%d of %d rows have an error, more than max_error_fraction %s allows",
                        errors,
                        rows,
                        maximumFraction))
                : Optional.empty();
    }
}
