package io.promptmill.job;

import io.promptmill.udf.spark.GenerateMetrics;
import io.promptmill.udf.spark.GenerateSpec;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** Makes the function that turns input rows into output rows; the way of a row is not this package's business. */
@FunctionalInterface
interface RowFunctionFactory {

    /**
     * @throws io.promptmill.udf.error.ConfigException where the specification does not fit the input's columns
     */
    MapPartitionsFunction<Row, Row> create(GenerateSpec spec, StructType input, GenerateMetrics metrics);
}
