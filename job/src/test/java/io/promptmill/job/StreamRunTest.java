package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Jobs that take files as they come, and end early. */
class StreamRunTest extends ResumableJobs {
    @Test
    void aStreamTakesEveryFileOnce() throws IOException {
        Files.createDirectories(folder.resolve("inbox"));
        String[] settings = {"trigger=available_now", "input.path=" + folder.resolve("inbox")};
        writeRows("inbox/a.jsonl", 0, 10);
        assertEquals(10, run(settings).rows());
        COMPUTED.clear();
        assertEquals(10, run(settings).rows());
        assertEquals(0, COMPUTED.size());
        writeRows("inbox/b.jsonl", 10, 15);
        // A row that is there already is one more row of the output, but not computed again.
        writeRows("inbox/c.jsonl", 9, 10);
        JobReport report = run(settings);
        assertEquals(16, report.rows());
        assertEquals(5, COMPUTED.size());
        assertEquals(15, rows().stream().distinct().count());
        ConfigException refused = assertThrows(ConfigException.class, () -> run("input.path=" + folder + "/inbox"));
        assertTrue(refused.getMessage().contains("trigger: files as they come -> once"), refused.getMessage());
    }

    @Test
    void aBatchThatFailedIsGoneOnWith() throws IOException {
        Files.createDirectories(folder.resolve("inbox"));
        String[] settings = {"trigger=available_now", "input.path=" + folder.resolve("inbox"), "output.commit_rows=1"};
        writeRows("inbox/a.jsonl", 0, 10);
        run(settings);
        writeRows("inbox/b.jsonl", 10, 40);
        crashingPrompt = "row 33";
        JobFailedException failed = assertThrows(JobFailedException.class, () -> run(settings));
        assertTrue(failed.getMessage().contains("finished rows are kept"), failed.getMessage());
        awaitTasksOfTheFailedRun();
        assertEquals(10, rows().size());
        crashingPrompt = null;
        COMPUTED.clear();
        JobReport report = run(settings);
        assertEquals(40, report.rows());
        assertEquals(40, rows().stream().distinct().count());
        assertEquals(40 - report.remarks().resumedRows(), COMPUTED.size());
    }

    @Test
    void aBatchWithTooManyErrorsIsPublishedWhenTheyAreRetried() throws IOException {
        Files.createDirectories(folder.resolve("inbox"));
        write("inbox/a.jsonl", "{\"id\": 1, \"text\": \"a\"}\n{\"id\": 2, \"text\": \"refuse\"}\n");
        String[] settings = {"trigger=available_now", "input.path=" + folder.resolve("inbox"), "max_error_fraction=0.1"
        };
        for (int attempt = 0; attempt < 2; attempt++) {
            JobFailedException failed = assertThrows(JobFailedException.class, () -> run(settings));
            assertTrue(failed.getMessage().contains("1 of 2 rows have an error"), failed.getMessage());
        }
        repaired = true;
        COMPUTED.clear();
        run(Stream.concat(Arrays.stream(settings), Stream.of("retry=errors")).toArray(String[]::new));
        assertEquals(List.of("refuse"), List.copyOf(COMPUTED));
        assertEquals(2, read().filter(row -> row.getAs("error") == null).count());
    }
}
