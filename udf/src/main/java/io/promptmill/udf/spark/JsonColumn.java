package io.promptmill.udf.spark;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A part of a JSON document and the column that it becomes. A value that a column's type cannot hold becomes null, as {@code
 * null} does. Implementations are immutable and thread-safe.
 */
sealed interface JsonColumn extends Serializable
        permits JsonScalar, JsonColumn.ListOf, JsonColumn.MapOf, JsonColumn.Struct {

    DataType type();

    /**
     * The value as Spark takes it for a row.
     *
     * @param parser at the first token of the value; is left at the last
     */
    Object read(JsonParser parser, JsonDocument document) throws IOException;

    /** An array. */
    record ListOf(JsonColumn element) implements JsonColumn {
        @Override
        public DataType type() {
            return DataTypes.createArrayType(element.type());
        }

        @Override
        public Object read(JsonParser parser, JsonDocument document) throws IOException {
            if (parser.currentToken() != JsonToken.START_ARRAY) {
                parser.skipChildren();
                return null;
            }
            List<Object> elements = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                elements.add(element.read(parser, document));
            }
            return RowValues.toScala(elements);
        }
    }

    /** An object with names of its own. */
    record MapOf(JsonColumn value) implements JsonColumn {
        @Override
        public DataType type() {
            return DataTypes.createMapType(DataTypes.StringType, value.type());
        }

        @Override
        public Object read(JsonParser parser, JsonDocument document) throws IOException {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                parser.skipChildren();
                return null;
            }
            Map<String, Object> entries = new LinkedHashMap<>();
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                entries.put(name, value.read(parser, document));
            }
            return RowValues.toScala(entries);
        }
    }

    /** A column of a struct. */
    record Field(String name, JsonColumn column) implements Serializable {}

    /** An object with given names; others are passed over, those that are absent are null. */
    record Struct(List<Field> fields) implements JsonColumn {
        public Struct {
            fields = List.copyOf(fields);
        }

        @Override
        public StructType type() {
            StructType type = new StructType();
            for (Field field : fields) {
                type = type.add(field.name, field.column.type());
            }
            return type;
        }

        @Override
        public Object read(JsonParser parser, JsonDocument document) throws IOException {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                parser.skipChildren();
                return null;
            }
            Object[] values = new Object[fields.size()];
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                int index = indexOf(parser.currentName());
                parser.nextToken();
                if (index < 0) {
                    parser.skipChildren();
                } else {
                    values[index] = fields.get(index).column.read(parser, document);
                }
            }
            return RowFactory.create(values);
        }

        private int indexOf(String name) {
            for (int index = 0; index < fields.size(); index++) {
                if (fields.get(index).name.equals(name)) {
                    return index;
                }
            }
            return -1;
        }
    }
}
