package io.promptmill.job;

import static io.promptmill.job.ledger.ColumnNames.quoted;

import io.promptmill.udf.error.ConfigException;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Columns in Avro, which has no integers of less than 32 bits, no map keys but text, and plain names alone. */
final class AvroColumns {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    private AvroColumns() {}

    /** @throws ConfigException where Avro has no place for a column */
    static void check(StructType schema) {
        for (StructField field : schema.fields()) {
            check(field.name(), field.name(), field.dataType());
        }
    }

    private static void check(String column, String name, DataType type) {
        if (!NAME.matcher(name).matches()) {
            throw new ConfigException("column '" + column + "' cannot be written as avro, whose names have letters,"
                    + " digits and _ alone; rename '" + name + "' before the job, or choose another output.format");
        }
        if (type instanceof StructType struct) {
            for (StructField field : struct.fields()) {
                check(column, field.name(), field.dataType());
            }
        } else if (type instanceof ArrayType array) {
            check(column, name, array.elementType());
        } else if (type instanceof MapType map) {
            if (!(map.keyType() instanceof StringType)) {
                throw new ConfigException("column '" + column + "' cannot be written as avro, whose maps have keys of"
                        + " text; choose another output.format");
            }
            check(column, name, map.valueType());
        }
    }

    /** The schema as Avro holds it. */
    static StructType stored(StructType schema) {
        return (StructType) stored((DataType) schema);
    }

    private static DataType stored(DataType type) {
        if (type instanceof ByteType || type instanceof ShortType) {
            return DataTypes.IntegerType;
        }
        if (type instanceof ArrayType array) {
            return DataTypes.createArrayType(stored(array.elementType()), array.containsNull());
        }
        if (type instanceof MapType map) {
            return DataTypes.createMapType(map.keyType(), stored(map.valueType()), map.valueContainsNull());
        }
        if (type instanceof StructType struct) {
            return new StructType(Arrays.stream(struct.fields())
                    .map(field ->
                            new StructField(field.name(), stored(field.dataType()), field.nullable(), field.metadata()))
                    .toArray(StructField[]::new));
        }
        return type;
    }

    /** The rows with the types of another schema of the same names. */
    static Dataset<Row> cast(Dataset<Row> rows, StructType schema) {
        return rows.select(Arrays.stream(schema.fields())
                .map(field -> {
                    Column column = quoted(field.name());
                    boolean same = rows.schema().apply(field.name()).dataType().equals(field.dataType());
                    return same ? column : column.cast(field.dataType()).as(field.name(), field.metadata());
                })
                .toArray(Column[]::new));
    }
}
