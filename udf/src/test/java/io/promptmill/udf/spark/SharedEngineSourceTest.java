package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.engine.EngineConfig;
import io.promptmill.udf.sampler.SamplingParameters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.util.SerializableConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedEngineSourceTest {
    private static final List<StubEngine> OPENED = new CopyOnWriteArrayList<>();
    private static final List<EngineConfig> CONFIGS = new CopyOnWriteArrayList<>();
    private static final EngineCache CACHE = new EngineCache((model, config, adapters, constraints) -> {
        StubEngine engine = new StubEngine(2, false, false, StubEngine::echo);
        OPENED.add(engine);
        CONFIGS.add(config);
        return engine;
    });

    private static EngineCache cache() {
        return CACHE;
    }

    private static long run(String model, GenerateMetrics metrics, EngineSource source) {
        Dataset<Row> rows = LocalSpark.session().range(0, 400, 1, 8).selectExpr("id", "string(id) AS prompt");
        GenerateSpec spec = new GenerateSpec(
                model, "id", LocalSpark.column("prompt"), SamplingParameters.DEFAULT, Map.of(), EngineConfig.DEFAULT);
        return new GenerateFunction(spec, rows.schema(), metrics, source)
                .applyTo(rows)
                .filter("completion = concat('<', id, '>')")
                .count();
    }

    @Test
    void allTasksOfAJvmShareOneLoadAndLetGoOfIt(@TempDir Path folder) throws Exception {
        SharedEngineSource source = new SharedEngineSource(
                new SerializableConfiguration(new Configuration()), SharedEngineSourceTest::cache);
        Path first = Files.writeString(folder.resolve("first.gguf"), "1");
        Path second = Files.writeString(folder.resolve("second.gguf"), "2");
        GenerateMetrics metrics = GenerateMetrics.register(LocalSpark.session().sparkContext());
        assertEquals(400, run(first.toString(), metrics, source));
        assertEquals(400, run(first.toString(), metrics, source));
        assertEquals(1, OPENED.size());
        int processors = Runtime.getRuntime().availableProcessors();
        assertEquals(Math.min(2, processors), CONFIGS.get(0).threads(), "the session of the tests is local[2]");
        assertEquals(1, metrics.modelLoads().value());
        assertEquals(800, metrics.rows().value());
        assertFalse(OPENED.get(0).isClosed());
        assertEquals(400, run(second.toString(), metrics, source));
        assertTrue(OPENED.get(0).isClosed(), "no ended task may hold the first engine");
        assertEquals(2, metrics.modelLoads().value());
    }

    @Test
    void aMissingModelFailsTheJobWithThePlacesSearched() {
        Throwable failure = assertThrows(Exception.class, () -> run("no/such.gguf", null, EngineCache.shared()));
        while (failure.getCause() != null) {
            failure = failure.getCause();
        }
        assertTrue(failure.getMessage().contains("model 'no/such.gguf' is not found; searched: "), failure.toString());
    }

    @Test
    void aFileShippedWithTheJobIsFoundByItsName(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("shipped-for-test.gguf"), "model");
        LocalSpark.session().sparkContext().addFile(file.toString());
        ModelLocation found = new ModelResolver(new Configuration(), new ModelCache(folder.resolve("cache")))
                .resolve("shipped-for-test.gguf");
        assertEquals("model", Files.readString(found.path()));
    }
}
