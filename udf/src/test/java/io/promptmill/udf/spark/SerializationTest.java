package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;

import io.promptmill.udf.engine.EngineConfig;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.sampler.SamplingParameters;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.serializer.JavaSerializer;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.serializer.Serializer;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import scala.reflect.ClassTag$;

class SerializationTest {
    private static final GenerateSpec SPEC = new GenerateSpec(
            "hdfs:///m.gguf",
            "key",
            new PromptSpec(PromptSpec.Source.TEMPLATE, "do {{ what }}", "system", false),
            SamplingParameters.DEFAULT.toBuilder()
                    .temperature(0.5)
                    .topK(3)
                    .logitBias(Map.of(1, 2f))
                    .seed(7)
                    .maxTokens(20)
                    .stop(List.of("x"))
                    .stopTokenIds(List.of(4))
                    .build(),
            Map.of("temperature", "heat", "seed", "key"),
            new EngineConfig(1, 64, 4, 0, 0, false, "f32", "auto"),
            "2026-01-31T09:30:00Z",
            new AdapterSpec(List.of(new AdapterSpec.Entry("a", "a.gguf", 0.5)), "a", null),
            GenerateTask.DEFAULT,
            new Reasoning(Reasoning.Mode.ON, Reasoning.USUAL_MARKS));
    private static final StructType COLUMNS = StructType.fromDDL("key STRING, what STRING, heat DOUBLE");

    static List<Serializer> serializers() {
        SparkConf conf = new SparkConf(false);
        return List.of(new JavaSerializer(conf), new KryoSerializer(conf));
    }

    private static <T> T roundTrip(Serializer serializer, T value) {
        var instance = serializer.newInstance();
        var type = ClassTag$.MODULE$.<T>apply(value.getClass());
        T copy = instance.deserialize(instance.serialize(value, type), type);
        assertNotSame(value, copy);
        return copy;
    }

    @ParameterizedTest
    @MethodSource("serializers")
    void theFunctionAndAllItCarriesTravel(Serializer serializer) throws Exception {
        StubSource source = StubSource.of("travel", new StubEngine(1, false, true, StubEngine::echo));
        GenerateMetrics metrics = GenerateMetrics.register(LocalSpark.session().sparkContext());
        GenerateFunction copy = roundTrip(serializer, new GenerateFunction(SPEC, COLUMNS, metrics, source));
        assertEquals(OutputSchema.of(COLUMNS, SPEC), copy.outputSchema());
        Row row = copy.call(List.of(RowFactory.create("12", "this", 0.25)).iterator())
                .next();
        assertEquals("<system\n\ndo this>", row.getString(3));
        assertEquals(copy.outputSchema().size(), row.size());
        assertEquals(SPEC, roundTrip(serializer, SPEC));
    }

    @ParameterizedTest
    @MethodSource("serializers")
    void tasksTravel(Serializer serializer) throws Exception {
        GenerateSpec label =
                LocalSpark.spec(null, LocalSpark.column("what"), Map.of()).withTask(LabelTask.of("a", "b"));
        assertEquals(label, roundTrip(serializer, label));
        GenerateSpec extract = label.withTask(ExtractTask.ofDdl("name STRING, age INT"));
        assertEquals(extract, roundTrip(serializer, extract));
        StubSource source = StubSource.of(
                "travel-label",
                new StubEngine(0, false, true, StubEngine::echo)
                        .scoring(request -> StubEngine.scores(request, -2, -1)));
        GenerateFunction copy = roundTrip(serializer, new GenerateFunction(label, COLUMNS, null, source));
        Row row = copy.call(List.of(RowFactory.create("12", "this", 0.25)).iterator())
                .next();
        assertEquals("b", row.getString(3));
    }

    @ParameterizedTest
    @MethodSource("serializers")
    void theSharedSourceTravelsWithTheHadoopConfiguration(Serializer serializer) {
        LocalSpark.session().sparkContext().hadoopConfiguration().set("promptmill.test", "here");
        GenerateFunction copy = roundTrip(serializer, new GenerateFunction(SPEC, COLUMNS, null));
        assertEquals(OutputSchema.of(COLUMNS, SPEC), copy.outputSchema());
        assertEquals(
                "here",
                roundTrip(serializer, SharedEngineSource.ofActiveSession())
                        .hadoop()
                        .get("promptmill.test"));
    }

    @Test
    void aKryoSessionRunsTheFunction() {
        var rows = LocalSpark.rows("key STRING, what STRING, heat DOUBLE", RowFactory.create("1", "it", null));
        assertEquals(KryoSerializer.class, SparkEnv.get().serializer().getClass(), "the session of the tests");
        StubSource source = StubSource.of("session", new StubEngine(1, false, true, StubEngine::echo));
        List<Row> output = new GenerateFunction(SPEC, COLUMNS, null, source)
                .applyTo(rows)
                .javaRDD()
                .collect();
        assertEquals("<system\n\ndo it>", output.get(0).getString(3));
    }
}
