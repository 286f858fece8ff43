package io.promptmill.job;

import static io.promptmill.job.ledger.ColumnNames.quoted;
import static org.apache.spark.sql.functions.base64;
import static org.apache.spark.sql.functions.from_json;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.to_json;
import static org.apache.spark.sql.functions.unbase64;
import static org.apache.spark.sql.functions.when;

import io.promptmill.job.ledger.JsonText;
import java.util.Arrays;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Columns of any type in CSV, which has text alone: structs, arrays and maps as JSON, bytes in base 64. */
final class CsvColumns {
    /** RFC 4180: quotes are doubled, a text may have line breaks, and spaces belong to it. */
    static final Map<String, String> OPTIONS = Map.of(
            "header", "true",
            "escape", "\"",
            "multiLine", "true",
            "ignoreLeadingWhiteSpace", "false",
            "ignoreTrailingWhiteSpace", "false",
            "timestampFormat", JsonText.MOMENT,
            "timestampNTZFormat", JsonText.MOMENT_WITHOUT_ZONE);

    /** What reading makes of an empty text, which Spark would take for null otherwise. */
    private static final String EMPTY = "\u0001\u0001empty";

    /** For reading what was written. */
    static final Map<String, String> READING = Map.of("emptyValue", EMPTY);

    private CsvColumns() {}

    /** The schema as CSV holds it. */
    static StructType stored(StructType schema) {
        StructType stored = new StructType();
        for (StructField field : schema.fields()) {
            DataType type =
                    isNested(field.dataType()) || isBytes(field.dataType()) ? DataTypes.StringType : field.dataType();
            stored = stored.add(field.name(), type, true);
        }
        return stored;
    }

    /** The rows as CSV holds them. */
    static Dataset<Row> asText(Dataset<Row> rows) {
        return rows.select(Arrays.stream(rows.schema().fields())
                .map(field -> {
                    Column column = quoted(field.name());
                    if (isNested(field.dataType())) {
                        return to_json(column, JsonText.OPTIONS).as(field.name());
                    }
                    return isBytes(field.dataType()) ? base64(column).as(field.name()) : column;
                })
                .toArray(Column[]::new));
    }

    /** What {@link #asText} was given, of rows that were read with {@link #READING}. */
    static Dataset<Row> restored(Dataset<Row> rows, StructType schema) {
        return rows.select(Arrays.stream(schema.fields())
                .map(field -> restored(withEmpty(field.name(), rows.schema()), field.dataType())
                        .as(field.name()))
                .toArray(Column[]::new));
    }

    /** The rows as they were stored, of rows that were read with {@link #READING}. */
    static Dataset<Row> withEmpty(Dataset<Row> rows) {
        return rows.select(Arrays.stream(rows.columns())
                .map(name -> withEmpty(name, rows.schema()).as(name))
                .toArray(Column[]::new));
    }

    private static Column withEmpty(String name, StructType stored) {
        Column column = quoted(name);
        return stored.apply(name).dataType() instanceof StringType
                ? when(column.equalTo(EMPTY), lit("")).otherwise(column)
                : column;
    }

    private static Column restored(Column column, DataType type) {
        if (isNested(type)) {
            return from_json(column, type, JsonText.OPTIONS);
        }
        return isBytes(type) ? unbase64(column) : column;
    }

    private static boolean isNested(DataType type) {
        return type instanceof StructType || type instanceof ArrayType || type instanceof MapType;
    }

    private static boolean isBytes(DataType type) {
        return type instanceof BinaryType;
    }
}
