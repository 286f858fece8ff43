package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.engine.EngineConfig;
import io.promptmill.udf.kernels.PrecisionSupport;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.sampler.SamplingParameters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The demo model under Spark: where and with whom a row is computed does not show in its completion. */
class PlacementTest {
    private static final Path DEMO = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");
    private static final List<String> THINGS =
            List.of("a ball", "a kite", "a boat", "a hat", "a lamp", "a drum", "a box", "a key");
    private static final List<String> PLACES =
            List.of("the park", "the forest", "the beach", "the old barn", "the lake");

    @ParameterizedTest
    @CsvSource({"f32,f32", "f32,f16", "int8,auto", "bf16,auto"})
    void completionsAreTheSameBytesWhereverTheyAreComputed(String precision, String kvPrecision) {
        if (precision.equals("bf16")) {
            PrecisionSupport.assumeBf16();
        }
        List<Row> expected = run(1, new EngineConfig(1, 512, 256, 0, 0, true, precision, kvPrecision));
        assertEquals(40, expected.size());
        assertTrue(expected.stream().allMatch(row -> row.isNullAt(row.fieldIndex(OutputSchema.ERROR))));
        assertTrue(
                expected.stream()
                                .map(row -> row.<String>getAs(OutputSchema.COMPLETION))
                                .distinct()
                                .count()
                        > 35,
                "each row draws its own numbers");
        assertEquals(expected, run(7, new EngineConfig(2, 512, 256, 0, 0, true, precision, kvPrecision)));
        assertEquals(expected, run(1, new EngineConfig(2, 16, 256, 0, 0, false, precision, kvPrecision)));
        assertEquals(expected, run(7, new EngineConfig(1, 16, 9, 0, 0, true, precision, kvPrecision)));
    }

    @Test
    void equalGreedyRowsAreCopiedAndTheCopiesAreTheSameBytes() {
        GenerateMetrics metrics = GenerateMetrics.register(LocalSpark.session().sparkContext());
        SamplingParameters greedy =
                SamplingParameters.DEFAULT.toBuilder().maxTokens(24).build();
        StructType schema = StructType.fromDDL("id int, prompt string");
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            rows.add(RowFactory.create(i, "Tell me a story about " + THINGS.get(i % 3) + "."));
        }
        // The engine is one that no other test has: what it was asked before would be copied, too.
        List<Row> output =
                run(rows, schema, 4, greedy, new EngineConfig(2, 40, 30, 0, 0, true, "auto", "auto"), metrics);
        assertEquals(57, metrics.copiedRows().value());
        assertEquals(60, metrics.rows().value());
        List<Row> alone = run(
                rows.subList(0, 3), schema, 1, greedy, new EngineConfig(1, 16, 1, 0, 0, false, "auto", "auto"), null);
        for (int i = 0; i < 60; i++) {
            for (String column : OutputSchema.added(LocalSpark.spec(null, LocalSpark.column("prompt"), Map.of()))
                    .fieldNames()) {
                assertEquals(
                        alone.get(i % 3).<Object>getAs(column), output.get(i).<Object>getAs(column), column);
            }
        }
    }

    private static List<Row> run(int partitions, EngineConfig engine) {
        StructType schema = StructType.fromDDL("id int, prompt string");
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            rows.add(RowFactory.create(
                    i, "Tell me a story about " + THINGS.get(i % 8) + " and " + PLACES.get(i / 8) + "."));
        }
        SamplingParameters sampling = SamplingParameters.DEFAULT.toBuilder()
                .temperature(0.8)
                .topK(40)
                .topP(0.95)
                .repetitionPenalty(1.05)
                .seed(5)
                .maxTokens(48)
                .build();
        return run(rows, schema, partitions, sampling, engine, null);
    }

    private static List<Row> run(
            List<Row> rows,
            StructType schema,
            int partitions,
            SamplingParameters sampling,
            EngineConfig engine,
            GenerateMetrics metrics) {
        GenerateSpec spec = new GenerateSpec(
                DEMO.toAbsolutePath().normalize().toString(),
                "id",
                new PromptSpec(PromptSpec.Source.COLUMN, "prompt", null, null),
                sampling,
                Map.of(),
                engine);
        Dataset<Row> input = LocalSpark.session().createDataFrame(rows, schema).repartition(partitions);
        return new GenerateFunction(spec, schema, metrics)
                .applyTo(input).collectAsList().stream()
                        .sorted(Comparator.comparingInt(row -> row.getInt(0)))
                        .toList();
    }
}
