package io.promptmill.udf.spark;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.RequestException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructType;

/**
 * Keys of the rows' random streams, the same wherever and whenever a row is processed: the id column's value as text or,
 * without such a column, the SHA-256 of the prompt's token ids (four bytes each, big endian) in hexadecimal.
 */
final class RowIds implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String column;
    private final int index;

    /** @throws ConfigException where the column is missing or holds values that have no text */
    RowIds(String column, StructType schema) {
        this.column = column;
        this.index = column == null ? -1 : Columns.require(schema, column, "id column");
        if (index >= 0) {
            DataType type = schema.apply(index).dataType();
            if (type instanceof ArrayType || type instanceof MapType || type instanceof StructType) {
                throw new ConfigException("id column '" + column + "' is of type " + type.simpleString()
                        + "; expected a plain value such as string or bigint");
            }
        }
    }

    String of(Row row, int[] promptTokens) {
        if (index < 0) {
            return digest(promptTokens);
        }
        if (row.isNullAt(index)) {
            throw new RequestException("id column '" + column + "' is null; give every row an id");
        }
        return RowValues.text(row.get(index));
    }

    private static String digest(int[] tokens) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(tokens.length, Integer.BYTES));
        bytes.asIntBuffer().put(tokens);
        return HexFormat.of().formatHex(sha256().digest(bytes.array()));
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}
