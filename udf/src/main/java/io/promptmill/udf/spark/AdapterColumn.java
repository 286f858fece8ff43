package io.promptmill.udf.spark;

import io.promptmill.udf.error.ConfigException;
import java.io.Serializable;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;

/** Tells which adapter a row uses. Immutable and thread-safe. */
final class AdapterColumn implements Serializable {
    private static final long serialVersionUID = 1L;

    private static final int NONE = -1;

    private final String usual;
    private final int index;

    /** @throws ConfigException where the column that names a row's adapter is missing or not text */
    AdapterColumn(AdapterSpec spec, StructType schema) {
        usual = spec.usual();
        index = spec.column() == null ? NONE : Columns.require(schema, spec.column(), "adapter column");
        if (index != NONE) {
            DataType type = schema.apply(index).dataType();
            if (!(type instanceof StringType) && !(type instanceof NullType)) {
                throw new ConfigException("adapter column '" + spec.column() + "' is of type " + type.simpleString()
                        + "; expected string");
            }
        }
    }

    /** The name of the row's adapter, which may not exist; null for none. */
    String of(Row row) {
        String name = index == NONE || row.isNullAt(index) ? "" : row.getString(index);
        return name.isEmpty() ? usual : name;
    }
}
