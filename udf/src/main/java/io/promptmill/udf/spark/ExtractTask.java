package io.promptmill.udf.spark;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.sampler.SamplingParameters;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.types.StructType;

/**
 * Values of given types out of a row, as a struct column. The completion is always a JSON document of the schema.
 *
 * @param schema JSON schema of an object, as JSON text
 * @param ddl the columns in Spark's DDL that the schema was made of; null where it was given itself
 */
public record ExtractTask(String schema, String ddl) implements TaskSpec {

    /** @throws ConfigException where the schema is not JSON, or no columns can be made of it */
    public ExtractTask {
        columns(schema, ddl);
    }

    /**
     * For columns in DDL, such as {@code name STRING NOT NULL, age INT, tags ARRAY<STRING>}.
     *
     * @throws ConfigException where it does not parse, or has a type that no JSON value stands for
     */
    public static ExtractTask ofDdl(String ddl) {
        return new ExtractTask(DdlSchema.jsonSchema(ddl), ddl);
    }

    /**
     * For a JSON schema.
     *
     * @throws ConfigException where it is not JSON, or does not describe an object with properties
     */
    public static ExtractTask ofSchema(String schema) {
        return new ExtractTask(schema, null);
    }

    @Override
    public List<ConstraintSpec> constraints() {
        return List.of(constraint());
    }

    @Override
    public String name() {
        return "extract";
    }

    /** Type of the struct column. */
    public StructType type() {
        return columns().type();
    }

    JsonColumn.Struct columns() {
        return columns(schema, ddl);
    }

    ConstraintSpec constraint() {
        return new ConstraintSpec(ConstraintSpec.Kind.JSON_SCHEMA, schema);
    }

    @Override
    public void checkAgainst(SamplingParameters sampling, Set<String> overridden, Reasoning reasoning) {}

    private static JsonColumn.Struct columns(String schema, String ddl) {
        return ddl == null ? SchemaColumns.of(schema) : DdlSchema.columns(ddl);
    }
}
