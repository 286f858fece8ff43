package io.promptmill.udf.spark;

import java.math.BigDecimal;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructType;
import scala.jdk.javaapi.CollectionConverters;

/** Values of a Spark row as plain Java values. */
final class RowValues {
    private RowValues() {}

    /** Arrays as lists, maps and structs as maps in their order, bytes and moments as text, anything else as it is. */
    static Object toJava(Object value, DataType type) {
        if (value == null) {
            return null;
        }
        if (type instanceof ArrayType array) {
            List<Object> list = new ArrayList<>();
            elements(value).forEach(element -> list.add(toJava(element, array.elementType())));
            return list;
        }
        if (type instanceof MapType map) {
            Map<Object, Object> entries = new LinkedHashMap<>();
            entries(value)
                    .forEach((key, item) -> entries.put(toJava(key, map.keyType()), toJava(item, map.valueType())));
            return entries;
        }
        if (type instanceof StructType struct && value instanceof Row row) {
            Map<String, Object> fields = new LinkedHashMap<>();
            for (int field = 0; field < struct.size(); field++) {
                fields.put(
                        struct.apply(field).name(),
                        toJava(row.get(field), struct.apply(field).dataType()));
            }
            return fields;
        }
        return value instanceof byte[] || value instanceof Timestamp ? text(value) : value;
    }

    /** Text of a plain value that does not depend on the time zone or locale of the machine. */
    static String text(Object value) {
        if (value instanceof byte[] bytes) {
            return HexFormat.of().formatHex(bytes);
        }
        if (value instanceof Timestamp moment) {
            return moment.toInstant().toString();
        }
        return value instanceof BigDecimal number ? number.toPlainString() : value.toString();
    }

    /** The elements of an array column, which Spark hands out as a Scala sequence. */
    static Iterable<?> elements(Object array) {
        return array instanceof scala.collection.Iterable<?> sequence
                ? CollectionConverters.asJava(sequence)
                : (Iterable<?>) array;
    }

    private static Map<?, ?> entries(Object map) {
        return map instanceof scala.collection.Map<?, ?> scalaMap
                ? CollectionConverters.asJava(scalaMap)
                : (Map<?, ?>) map;
    }

    /** A list as Spark takes it for an array column. */
    static Object toScala(List<?> list) {
        return CollectionConverters.asScala(list).toSeq();
    }

    /** A map as Spark takes it for a map column; keeps its order. */
    static Object toScala(Map<?, ?> map) {
        return CollectionConverters.asScala(map);
    }
}
