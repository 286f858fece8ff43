package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.spark.AdapterSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AdapterCheckTest {
    private static final Path CONFORMANCE = Path.of("../udf/src/test/resources/conformance");
    private static final String MODEL =
            CONFORMANCE.resolve("architectures/llama.gguf").toString();
    private static final Path ADAPTER = CONFORMANCE.resolve("lora/qv-rank4.gguf");

    private static SparkSession spark;

    @BeforeAll
    static void openSession() {
        spark = SparkSessions.open(new SparkConfig("local[1]", "test", Map.of()));
    }

    @AfterAll
    static void closeSession() {
        spark.stop();
    }

    private static AdapterSpec resolve(String path, String model) {
        AdapterSpec asked = new AdapterSpec(List.of(new AdapterSpec.Entry("a", path, 0.5)), "a", "style");
        return AdapterCheck.resolve(asked, model, spark.sparkContext());
    }

    @Test
    void anAdapterOfTheModelGetsAnAbsolutePath() throws Exception {
        AdapterSpec resolved = resolve(ADAPTER.toString(), MODEL);
        assertEquals(
                new AdapterSpec(
                        List.of(new AdapterSpec.Entry("a", ADAPTER.toRealPath().toString(), 0.5)), "a", "style"),
                resolved);
    }

    @Test
    void oneThatDoesNotFitIsRefusedByItsName() {
        refuse("adapter 'a': ", "/falcon-7b.gguf", ADAPTER.toString(), "architectures/falcon-7b.gguf");
        refuse("expected 'falcon'", "", ADAPTER.toString(), "architectures/falcon-7b.gguf");
        refuse("adapter 'a': model 'none.gguf' is not found", "searched", "none.gguf", "architectures/llama.gguf");
        refuse("expected 'adapter'", "", MODEL, "architectures/llama.gguf");
    }

    private static void refuse(String part, String otherPart, String path, String model) {
        String message = assertThrows(
                        ConfigException.class,
                        () -> resolve(path, CONFORMANCE.resolve(model).toString()))
                .getMessage();
        assertTrue(message.contains(part) && message.contains(otherPart), message);
    }
}
