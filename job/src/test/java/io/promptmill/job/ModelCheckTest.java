package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.prompt.PromptSpec.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCheckTest {
    private static final Path MODEL = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");
    private static final PromptSpec TEXT = new PromptSpec(Source.COLUMN, "text", null, null);

    /** In the working directory, as a file that is shipped from there. */
    private static final Path HERE = Path.of("model-check-test.gguf");

    private static SparkSession spark;

    @TempDir
    private Path folder;

    @BeforeAll
    static void openSession() throws IOException {
        Files.deleteIfExists(HERE);
        Files.copy(MODEL, HERE);
        spark = SparkSessions.open(new SparkConfig("local[1]", "test", Map.of("spark.files", HERE.toString())));
    }

    @AfterAll
    static void closeSession() throws IOException {
        spark.stop();
        Files.deleteIfExists(HERE);
    }

    @Test
    void aShippedFileKeepsItsNameAndOthersBecomeAbsolute() {
        assertEquals(HERE.toString(), resolve(HERE.toString()));
        assertEquals(MODEL.toAbsolutePath().toString(), resolve(MODEL.toString()));
    }

    @Test
    void aSpaceInAUriIsAPath() throws IOException {
        Path spaced = Files.copy(MODEL, folder.resolve("a b.gguf"));
        assertEquals(spaced.toString(), resolve("file:" + spaced));
        assertEquals(spaced.toRealPath(), ModelFiles.local("file:" + spaced));
    }

    @Test
    void aChatNeedsATemplateThatCompiles() {
        ConfigException missing = assertThrows(
                ConfigException.class,
                () -> ModelCheck.checkChat("m.gguf", null, new PromptSpec(Source.MESSAGES, "turns", null, null)));
        assertTrue(missing.getMessage().contains("prompt.messages"), missing.getMessage());
        assertThrows(
                ConfigException.class,
                () -> ModelCheck.checkChat("m.gguf", null, new PromptSpec(Source.COLUMN, "text", null, true)));
        ModelCheck.checkChat("m.gguf", null, TEXT);
        String broken = "{% for message in messages %}";
        ConfigException syntax =
                assertThrows(ConfigException.class, () -> ModelCheck.checkChat("m.gguf", broken, TEXT));
        assertTrue(syntax.getMessage().contains("m.gguf") && syntax.getMessage().contains("chat"), syntax.getMessage());
        ModelCheck.checkChat("m.gguf", broken, new PromptSpec(Source.COLUMN, "text", null, false));
        PromptSpec requests = new PromptSpec(Source.REQUEST, "request", null, null);
        ModelCheck.checkChat("m.gguf", null, requests);
        ConfigException noWay =
                assertThrows(ConfigException.class, () -> ModelCheck.checkChat("m.gguf", broken, requests));
        assertTrue(noWay.getMessage().endsWith("use another model"), noWay.getMessage());
    }

    private static String resolve(String reference) {
        return ModelCheck.resolve(reference, TEXT, spark.sparkContext());
    }
}
