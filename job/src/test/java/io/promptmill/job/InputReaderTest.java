package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.PromptmillException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** JSON files that hold their rows in one way or the other: none is lost. */
class InputReaderTest {
    private static SparkSession spark;

    @TempDir
    private Path folder;

    @BeforeAll
    static void openSession() {
        spark = SparkSessions.openForReading();
    }

    @AfterAll
    static void closeSession() {
        spark.stop();
    }

    @Test
    void linesBehindACodec() throws IOException {
        Path file = folder.resolve("lines.json.gz");
        try (OutputStream stream = new GZIPOutputStream(Files.newOutputStream(file))) {
            stream.write("{\"a\": 1}\n{\"a\": 2}\n{\"a\": 3}\n".getBytes(StandardCharsets.UTF_8));
        }
        assertEquals(3, open(file).count());
    }

    @Test
    void aFirstLineOfMoreThanAMebibyte() throws IOException {
        write("long.json", "{\"a\": \"" + "x".repeat(1_100_000) + "\"}\n{\"a\": \"y\"}\n");
        assertEquals(2, open(folder.resolve("long.json")).count());
    }

    @Test
    void documentsAndSingleLines() throws IOException {
        write("array.json", "[{\"a\": 1}, {\"a\": 2}]\n");
        assertEquals(2, open(folder.resolve("array.json")).count());
        write("document.json", "[\n{\"a\": 1},\n{\"a\": 2},\n{\"a\": 3}]\n");
        assertEquals(3, open(folder.resolve("document.json")).count());
        write("first/a.json", "{\"a\": 1}");
        write("first/b.json", "{\"a\": 2}\n{\"a\": 3}\n");
        assertEquals(3, open(folder.resolve("first")).count());
        write("second/a.json", "{\"a\": 1}");
        write("second/b.json", "{\n\"a\": 2}\n");
        assertEquals(2, open(folder.resolve("second")).count());
    }

    @Test
    void refusesWhatWouldLoseRows() throws IOException {
        write("mixed/a.json", "{\n\"a\": 1}\n");
        write("mixed/b.json", "{\"a\": 2}\n{\"a\": 3}\n");
        assertRefused("mixed", "a.json", "b.json", "run a job for each");
        write("together.json", "{\"a\": 1} {\"a\": 2}\n");
        assertRefused("together.json", "one object a line");
        write("spread.json", "{\n\"a\": 1}\n{\n\"a\": 2}\n");
        assertRefused("spread.json", "lines 1 to 2", "line 3");
        write("broken.json", "{\"a\": 1,\n{\"a\": 2}\n");
        assertRefused("broken.json", "broken.json:2:", "input.format jsonl");
        write("kinds/a.jsonl", "{\"a\": 1}\n");
        write("kinds/b.csv", "a\n1\n");
        assertRefused("kinds", "csv", "jsonl");
        write("none.jsonl", "a,b\n1,2\n");
        assertRefused("none.jsonl", "no line of valid JSON");
    }

    private void assertRefused(String name, String... parts) {
        PromptmillException failure = assertThrows(PromptmillException.class, () -> open(folder.resolve(name)));
        for (String part : parts) {
            assertTrue(failure.getMessage().contains(part), failure.getMessage());
        }
    }

    private static Dataset<Row> open(Path path) {
        return new InputReader(spark, InputConfig.ofPath(path.toString())).open(List.of());
    }

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
