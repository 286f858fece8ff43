package io.promptmill.job.ledger;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.md5;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.to_json;
import static org.apache.spark.sql.functions.unhex;

import io.promptmill.udf.error.ConfigException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * The identity of a row: the MD5 of what its result depends on, which are its id and the values that the job reads of it. So
 * it does not change with the order or the partitions of the input, nor with columns that are only passed on, and a row whose
 * prompt has changed is another one. Rows with the same key have the same result.
 */
public final class RowKeys {
    /** Name of the column with the key. */
    public static final String KEY = "_promptmill_key";

    static final StructField FIELD =
            new StructField(KEY, DataTypes.BinaryType, true, org.apache.spark.sql.types.Metadata.empty());

    private RowKeys() {}

    /**
     * The rows with their keys in a first column.
     *
     * @param read the columns that the job reads, in any order
     * @throws ConfigException where a column has the key's name, or no column is read
     */
    public static Dataset<Row> with(Dataset<Row> rows, Collection<String> read) {
        for (String name : rows.columns()) {
            if (name.equalsIgnoreCase(KEY)) {
                throw new ConfigException("input column '" + name + "' has a name that output.mode resume uses itself;"
                        + " rename or drop it before the job");
            }
        }
        if (read.isEmpty()) {
            throw new ConfigException(
                    "the prompt reads no column and the input has no id, so output.mode resume cannot tell"
                            + " rows apart; give input.id");
        }
        Column[] values =
                read.stream().distinct().sorted().map(ColumnNames::quoted).toArray(Column[]::new);
        // Moments are written in the session's time zone otherwise, and nulls are left out.
        Map<String, String> options = new HashMap<>(JsonText.OPTIONS);
        options.put("timeZone", "UTC");
        Column text = to_json(struct(values), options);
        return rows.select(unhex(md5(text)).as(KEY), col("*"));
    }

    /** A schema without the key. */
    static StructType without(StructType schema) {
        StructType columns = new StructType();
        for (StructField field : schema.fields()) {
            columns = field.name().equals(KEY) ? columns : columns.add(field);
        }
        return columns;
    }
}
