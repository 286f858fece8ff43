package io.promptmill.udf.spark;

import io.promptmill.udf.engine.EngineConfig;
import io.promptmill.udf.sampler.SamplingParameters;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A million rows of about a kilobyte in two partitions, written to Parquet and checked: more than twice the heap that the
 * test gives it, so a partition that is held in memory cannot pass. Arguments: output folder, rows.
 */
final class MillionRowsMain {
    private MillionRowsMain() {}

    public static void main(String[] arguments) {
        String output = arguments[0];
        long count = Long.parseLong(arguments[1]);
        SparkSession session = LocalSpark.session();
        Dataset<Row> rows = session.range(0, count, 1, 2)
                .selectExpr("id", "concat(id, ':', repeat('lorem ipsum dolor ', 60)) AS prompt");
        StubEngine engine = new StubEngine(2, false, false, request -> {
            String text = StubEngine.text(request);
            return new io.promptmill.udf.engine.Completion(
                    "answer to " + text.substring(0, text.indexOf(':')),
                    io.promptmill.udf.engine.FinishReason.STOP,
                    text.length(),
                    1,
                    null);
        });
        GenerateSpec spec = new GenerateSpec(
                "stub.gguf",
                "id",
                LocalSpark.column("prompt"),
                SamplingParameters.DEFAULT,
                Map.of(),
                EngineConfig.DEFAULT);
        GenerateMetrics metrics = GenerateMetrics.register(session.sparkContext());
        new GenerateFunction(spec, rows.schema(), metrics, StubSource.of("million", engine))
                .applyTo(rows)
                .drop("prompt")
                .write()
                .parquet(output);
        Row found = session.read()
                .parquet(output)
                .selectExpr(
                        "count(*)",
                        "count(DISTINCT id)",
                        "count_if(completion != concat('answer to ', id) OR error IS NOT NULL OR finish_reason != 'stop')",
                        "min(id)",
                        "max(id)")
                .first();
        System.out.println("rows, distinct, misaligned, min, max: " + found.mkString(" "));
        System.out.println("counted: " + metrics.rows().value() + ", queued at once: " + engine.peakQueue());
    }
}
