package io.promptmill.udf.spark;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptmill.udf.error.ConfigException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.CharType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DateType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.TimestampType;
import org.apache.spark.sql.types.VarcharType;

/**
 * Columns in Spark's DDL as a JSON schema. Every column is required, so that a model has to say something of it; one that is
 * not declared {@code NOT NULL} may be null.
 */
final class DdlSchema {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private DdlSchema() {}

    /**
     * @return JSON text
     * @throws ConfigException where the DDL does not parse, or has a type that no JSON value stands for
     */
    static String jsonSchema(String ddl) {
        return schema(parse(ddl), "extract.schema").toString();
    }

    /** @throws ConfigException as {@link #jsonSchema} */
    static JsonColumn.Struct columns(String ddl) {
        return struct(parse(ddl), "extract.schema");
    }

    private static StructType parse(String ddl) {
        StructType type;
        try {
            type = StructType.fromDDL(ddl);
        } catch (Exception malformed) {
            // Spark's checked ParseException is not declared by its Java-visible signature.
            throw new ConfigException(
                    "extract.schema is \"" + ddl + "\" ("
                            + String.valueOf(malformed.getMessage())
                                    .strip()
                                    .lines()
                                    .findFirst()
                                    .orElse("")
                            + "); expected columns as DDL, such as \"name STRING, age INT\", a JSON schema, or a file"
                            + " with one that ends in .json",
                    malformed);
        }
        SchemaColumns.checkNames(List.of(type.fieldNames()), "extract.schema");
        if (type.isEmpty()) {
            throw new ConfigException("extract.schema has no columns; expected some, such as \"name STRING, age INT\"");
        }
        return type;
    }

    private static ObjectNode schema(StructType struct, String place) {
        ObjectNode schema = JSON.objectNode().put("type", "object");
        ObjectNode properties = schema.putObject("properties");
        var required = schema.putArray("required");
        for (StructField field : struct.fields()) {
            properties.set(
                    field.name(), nullable(schema(field.dataType(), place + "." + field.name()), field.nullable()));
            required.add(field.name());
        }
        return schema.put("additionalProperties", false);
    }

    private static ObjectNode schema(DataType type, String place) {
        if (type instanceof StructType struct) {
            SchemaColumns.checkNames(List.of(struct.fieldNames()), place);
            return schema(struct, place);
        }
        if (type instanceof ArrayType array) {
            ObjectNode items = nullable(schema(array.elementType(), place + "[]"), array.containsNull());
            return JSON.objectNode().put("type", "array").set("items", items);
        }
        if (type instanceof MapType map && map.keyType() instanceof StringType) {
            ObjectNode values = nullable(schema(map.valueType(), place + "{}"), map.valueContainsNull());
            return JSON.objectNode().put("type", "object").set("additionalProperties", values);
        }
        return scalar(scalar(type, place));
    }

    private static ObjectNode scalar(JsonScalar column) {
        ObjectNode schema = JSON.objectNode();
        if (column instanceof JsonScalar.Whole whole) {
            BigInteger limit = BigInteger.ONE.shiftLeft(whole.bits() - 1);
            return schema.put("type", "integer")
                    .put("minimum", limit.negate())
                    .put("maximum", limit.subtract(BigInteger.ONE));
        }
        if (column instanceof JsonScalar.Decimal decimal) {
            BigDecimal limit = BigDecimal.TEN
                    .pow(decimal.precision())
                    .subtract(BigDecimal.ONE)
                    .scaleByPowerOfTen(-decimal.scale());
            return schema.put("type", "number").put("minimum", limit.negate()).put("maximum", limit);
        }
        if (column instanceof JsonScalar.Day) {
            return schema.put("type", "string").put("format", "date");
        }
        if (column instanceof JsonScalar.Moment) {
            return schema.put("type", "string").put("format", "date-time");
        }
        if (column instanceof JsonScalar.Flag) {
            return schema.put("type", "boolean");
        }
        return schema.put("type", column instanceof JsonScalar.Text ? "string" : "number");
    }

    /** The schema, or null besides. */
    private static ObjectNode nullable(ObjectNode schema, boolean nullable) {
        if (nullable) {
            String type = schema.get("type").textValue();
            schema.putArray("type").add(type).add("null");
        }
        return schema;
    }

    private static JsonColumn.Struct struct(StructType struct, String place) {
        List<JsonColumn.Field> fields = new ArrayList<>();
        for (StructField field : struct.fields()) {
            fields.add(new JsonColumn.Field(field.name(), column(field.dataType(), place + "." + field.name())));
        }
        return new JsonColumn.Struct(fields);
    }

    private static JsonColumn column(DataType type, String place) {
        if (type instanceof StructType struct) {
            return struct(struct, place);
        }
        if (type instanceof ArrayType array) {
            return new JsonColumn.ListOf(column(array.elementType(), place + "[]"));
        }
        if (type instanceof MapType map && map.keyType() instanceof StringType) {
            return new JsonColumn.MapOf(column(map.valueType(), place + "{}"));
        }
        return scalar(type, place);
    }

    private static JsonScalar scalar(DataType type, String place) {
        if (type instanceof StringType && !(type instanceof CharType) && !(type instanceof VarcharType)) {
            return new JsonScalar.Text();
        }
        if (type instanceof BooleanType) {
            return new JsonScalar.Flag();
        }
        if (type instanceof ByteType || type instanceof ShortType || type instanceof IntegerType) {
            return new JsonScalar.Whole(8 * type.defaultSize());
        }
        if (type instanceof LongType) {
            return new JsonScalar.Whole(64);
        }
        if (type instanceof FloatType) {
            return new JsonScalar.SinglePrecision();
        }
        if (type instanceof DoubleType) {
            return new JsonScalar.DoublePrecision();
        }
        if (type instanceof DecimalType decimal) {
            return new JsonScalar.Decimal(decimal.precision(), decimal.scale());
        }
        if (type instanceof DateType) {
            return new JsonScalar.Day();
        }
        if (type instanceof TimestampType) {
            return new JsonScalar.Moment();
        }
        throw new ConfigException(place + " is of type " + type.simpleString() + ", which no JSON value stands for;"
                + " expected string, boolean, tinyint, smallint, int, bigint, float, double, decimal, date, timestamp,"
                + " array, struct, or map with keys of type string");
    }
}
