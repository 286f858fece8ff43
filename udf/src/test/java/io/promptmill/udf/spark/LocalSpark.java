package io.promptmill.udf.spark;

import io.promptmill.udf.engine.EngineConfig;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.sampler.SamplingParameters;
import java.util.List;
import java.util.Map;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** The one Spark session of a test JVM, and short ways to write specifications. */
final class LocalSpark {
    private LocalSpark() {}

    static synchronized SparkSession session() {
        SparkSession session = SparkSession.builder()
                .master("local[2]")
                .appName("promptmill-test")
                .config("spark.serializer", KryoSerializer.class.getName())
                .config("spark.ui.enabled", "false")
                .config("spark.sql.shuffle.partitions", "2")
                .config("spark.sql.warehouse.dir", System.getProperty("java.io.tmpdir") + "/promptmill-test-warehouse")
                .getOrCreate();
        session.sparkContext().setLogLevel("OFF");
        return session;
    }

    static Dataset<Row> rows(String schema, Row... rows) {
        return session().createDataFrame(List.of(rows), StructType.fromDDL(schema));
    }

    static GenerateSpec spec(String idColumn, PromptSpec prompt, Map<String, String> overrides) {
        EngineConfig engine = new EngineConfig(0, 512, 4, 0, 0, true, "auto", "auto");
        return new GenerateSpec("stub.gguf", idColumn, prompt, SamplingParameters.DEFAULT, overrides, engine);
    }

    static PromptSpec column(String name) {
        return new PromptSpec(PromptSpec.Source.COLUMN, name, null, false);
    }
}
