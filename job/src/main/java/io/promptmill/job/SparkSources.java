package io.promptmill.job;

import io.promptmill.udf.error.ConfigException;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.DataSource;

/** What Spark can read and write on this class path. */
final class SparkSources {
    /** Packages that bring a source, by its name. */
    private static final Map<String, String> PACKAGES = Map.of(
            "avro", "org.apache.spark:spark-avro_2.13",
            "delta", "io.delta:delta-spark_2.13",
            "iceberg", "org.apache.iceberg:iceberg-spark-runtime",
            "kafka", "org.apache.spark:spark-sql-kafka-0-10_2.13");

    private SparkSources() {}

    /**
     * Checks that a source is there.
     *
     * @param key of the configuration that names it
     * @throws ConfigException where it is not
     */
    static void require(SparkSession spark, String source, String key) {
        try {
            DataSource.lookupDataSource(
                    source,
                    ((org.apache.spark.sql.classic.SparkSession) spark)
                            .sessionState()
                            .conf());
        } catch (Exception | LinkageError e) {
            // Spark's checked AnalysisException and ClassNotFoundException are not declared by its Java-visible
            // signature.
            String artifact = PACKAGES.get(source.toLowerCase(Locale.ROOT));
            throw new ConfigException(
                    "'" + key + "' is \"" + source + "\", for which Spark has no source on the class path; "
                            + (artifact == null
                                    ? "expected one of " + InputConfig.Format.labels()
                                            + ", or a source whose package is given with --packages"
                                    : "give its package: --packages " + artifact + ":VERSION"),
                    e);
        }
    }

    /** What to do about a table's failure, or nothing. */
    static String hint(Exception failure) {
        return String.valueOf(failure.getMessage()).contains("TABLE_OR_VIEW_NOT_FOUND")
                ? "; its catalog is set up by spark.sql.catalog.*, or by spark.sql.catalogImplementation: hive"
                : "";
    }
}
