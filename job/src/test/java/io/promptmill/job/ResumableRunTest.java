package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.DataException;
import io.promptmill.udf.error.PromptmillException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Jobs that end early and are run again. */
class ResumableRunTest extends ResumableJobs {
    @Test
    void theRowsOfAWholeRunInTheOrderOfTheInput() throws IOException {
        writeRows("in.jsonl", 0, 50);
        JobReport resumed = run("output.mode=resume");
        assertEquals(50, resumed.rows());
        run("output.mode=error", "output.path=" + folder.resolve("whole"));
        assertEquals(
                rows("whole").stream().sorted().toList(),
                rows().stream().sorted().toList());
        assertEquals(
                IntStream.range(0, 50).mapToObj(i -> "row " + i).toList(),
                read().map(row -> row.<String>getAs("text")).toList());
        assertTrue(Files.exists(folder.resolve("out/_SUCCESS")));
    }

    @Test
    void aRunAfterAFailureComputesOnlyWhatIsMissing() throws IOException {
        writeRows("in.jsonl", 0, 60);
        run("output.mode=error", "output.path=" + folder.resolve("whole"));
        COMPUTED.clear();
        crashingPrompt = "row 37";
        JobFailedException failed = assertThrows(JobFailedException.class, () -> run("output.commit_rows=1"));
        assertTrue(failed.getMessage().contains("finished rows are kept"), failed.getMessage());
        assertFalse(Files.exists(folder.resolve("out/_SUCCESS")));
        awaitTasksOfTheFailedRun();
        long committed = committed();
        assertTrue(committed > 5 && committed < 60, committed + " rows");
        crashingPrompt = null;
        COMPUTED.clear();
        JobReport report = run();
        assertEquals(60, report.rows());
        assertEquals(committed, report.remarks().resumedRows());
        assertEquals(60 - committed, COMPUTED.size());
        assertEquals(
                rows("whole").stream().sorted().toList(),
                rows().stream().sorted().toList());
    }

    @Test
    void valuesThatDoNotFitColumnsNobodyReadsAreNoReasonToComputeRowsAgain() throws IOException {
        write("in.jsonl", """
                {"id": 1, "text": "a", "score": 3}
                {"id": 2, "text": "b", "score": "n/a"}
                """);
        String schema = "input.schema=id BIGINT, text STRING, score INT";
        assertEquals(2, run(schema).rows());
        COMPUTED.clear();
        assertEquals(2, run(schema).rows());
        assertEquals(0, COMPUTED.size());
        assertEquals(1, read().filter(row -> row.getAs("error") != null).count());
    }

    @Test
    void rowsThatDifferInMicrosecondsAreOthers() throws IOException {
        spark.sql("SELECT 'same' AS text, timestamp '2026-01-01 00:00:00.000001' AS id"
                        + " UNION ALL SELECT 'same', timestamp '2026-01-01 00:00:00.000002'")
                .write()
                .parquet(folder.resolve("in-moments.parquet").toString());
        run("input.path=" + folder.resolve("in-moments.parquet"));
        assertEquals(2, COMPUTED.size());
        assertEquals(2, read().count());
    }

    @Test
    void errorsOfEarlierRunsCount() throws IOException {
        write("in.jsonl", """
                {"id": 1, "text": "a"}
                {"id": 2, "text": "refuse"}
                """);
        for (String policy : List.of("on_error=fail", "max_error_fraction=0.1")) {
            for (int attempt = 0; attempt < 2; attempt++) {
                JobFailedException failed = assertThrows(JobFailedException.class, () -> run(policy));
                assertTrue(failed.getMessage().contains("1 of 2 rows have an error"), failed.getMessage());
                assertFalse(Files.exists(folder.resolve("out/_SUCCESS")));
            }
        }
        assertEquals(1, run("on_error=drop").remarks().droppedRows());
        assertEquals(1, read().count());
    }

    @Test
    void foldersMayBeNamedByColumnsWithUnderscores() throws IOException {
        write("in.jsonl", """
                {"id": 1, "text": "a", "_source": "x"}
                {"id": 2, "text": "b", "_source": "y"}
                """);
        run("output.partition_by=_source");
        assertEquals(2, read().count());
        assertTrue(Files.isDirectory(folder.resolve("out/_source=x")));
    }

    @Test
    void aCompletedJobHasNothingToDo() throws IOException {
        writeRows("in.jsonl", 0, 20);
        run();
        List<String> files = files();
        COMPUTED.clear();
        JobReport again = run();
        assertEquals(0, COMPUTED.size());
        assertEquals(20, again.rows());
        assertEquals(20, again.remarks().resumedRows());
        assertEquals(files, files());
    }

    @Test
    void rowsThatCameToTheInputAreAdded() throws IOException {
        writeRows("in.jsonl", 0, 20);
        run();
        writeRows("more.jsonl", 20, 25);
        COMPUTED.clear();
        JobReport report = run("input.path=" + folder + "/*.jsonl");
        assertEquals(25, report.rows());
        assertEquals(
                List.of("row 20", "row 21", "row 22", "row 23", "row 24"),
                COMPUTED.stream().sorted().toList());
        assertEquals(25, rows().stream().distinct().count());
    }

    @Test
    void equalRowsAreComputedOnceAndComeOutAsOftenAsTheyCameIn() throws IOException {
        write("in.jsonl", """
                {"id": 1, "text": "a", "note": "x"}
                {"id": 1, "text": "a", "note": "y"}
                {"id": 1, "text": "b", "note": "z"}
                {"id": 2, "text": "a", "note": "u"}
                """);
        run("input.id=id");
        assertEquals(
                List.of("1 a x A", "1 a y A", "1 b z B", "2 a u A"),
                read().map(row -> row.getAs("id") + " " + row.getAs("text") + " " + row.getAs("note") + " "
                                + row.getAs("completion"))
                        .sorted()
                        .toList());
    }

    @Test
    void otherSettingsAreRefusedWithTheDifference() throws IOException {
        writeRows("in.jsonl", 0, 10);
        run("sampling.max_tokens=16");
        assertRefused(ConfigException.class, "sampling.max_tokens: 16 -> 32", "--accept-changes");
        assertRefused(ConfigException.class, "sampling.temperature: 0.0 -> 0.5");
        writeRows("more.jsonl", 10, 12);
        COMPUTED.clear();
        List<String> settings = settings("input.path=" + folder + "/*.jsonl");
        JobConfig config = new ConfigLoader().load(jobFile(), settings);
        new GenerationJob(spark, config, factory(), true).run(silent());
        assertEquals(2, COMPUTED.size());
        // The accepted settings are the output's from then on.
        COMPUTED.clear();
        run("input.path=" + folder + "/*.jsonl");
        assertEquals(0, COMPUTED.size());
    }

    private void assertRefused(Class<? extends PromptmillException> type, String... words) throws IOException {
        String setting = words[0].contains("temperature") ? "sampling.temperature=0.5" : "sampling.max_tokens=32";
        PromptmillException refused = assertThrows(type, () -> run(setting));
        for (String word : words) {
            assertTrue(refused.getMessage().contains(word), refused.getMessage());
        }
    }

    @Test
    void otherColumnsAreRefusedInAnyCase() throws IOException {
        writeRows("in.jsonl", 0, 10);
        run();
        ConfigException refused = assertThrows(
                ConfigException.class, () -> run("task=label", "label.choices=[a, b]", "sampling=", "generate="));
        assertTrue(refused.getMessage().contains("output column label: (not set) -> STRING"), refused.getMessage());
        assertTrue(refused.getMessage().contains("Choose another output.path"), refused.getMessage());
    }

    @Test
    void failedRowsAreComputedAgainOnlyWhereThatIsAskedFor() throws IOException {
        write("in.jsonl", "{\"text\": \"refuse 1\"}\n{\"text\": \"refuse 2\"}\n{\"text\": \"good\"}\n");
        assertEquals(2, run().errors());
        repaired = true;
        COMPUTED.clear();
        assertEquals(2, run().errors());
        assertEquals(0, COMPUTED.size());
        JobReport retried = run("retry=errors");
        assertEquals(0, retried.errors());
        assertEquals(2, COMPUTED.size());
        assertEquals(
                List.of("ACCEPT 1 2", "ACCEPT 2 2", "GOOD 1"),
                read().map(row -> row.getAs("completion") + " " + row.getAs("attempts"))
                        .sorted()
                        .toList());
        COMPUTED.clear();
        run("retry=errors");
        assertEquals(0, COMPUTED.size());
    }

    @Test
    void rowsThatLeftTheInputAreNotLeftOutUnasked() throws IOException {
        writeRows("in.jsonl", 0, 10);
        run();
        writeRows("in.jsonl", 0, 8);
        DataException refused = assertThrows(DataException.class, this::run);
        assertTrue(refused.getMessage().contains("2 rows that are no longer in the input"), refused.getMessage());
        assertEquals(10, rows().size());
        new GenerationJob(spark, new ConfigLoader().load(jobFile(), settings()), factory(), true).run(silent());
        assertEquals(8, rows().size());
    }

    @Test
    void explodedRowsStayTogether() throws IOException {
        writeRows("in.jsonl", 0, 20);
        String[] settings = {"generate.n=3", "generate.explode=true", "sampling.temperature=0.7", "output.commit_rows=1"
        };
        crashingPrompt = "row 11";
        assertThrows(JobFailedException.class, () -> run(settings));
        crashingPrompt = null;
        JobReport report = run(settings);
        assertEquals(60, report.rows());
        assertEquals(
                IntStream.range(0, 60).map(i -> i % 3).boxed().toList(),
                read().map(row -> row.<Integer>getAs("completion_index")).toList());
    }

    @Test
    void aPublicationThatWasCutOffIsBroughtToItsEnd() throws IOException {
        writeRows("in.jsonl", 0, 30);
        run();
        List<String> whole = rows();
        // As if the driver had ended between the plan and the last move.
        Path journal = folder.resolve("out/_promptmill/journal");
        try (Stream<Path> entries = Files.list(journal)) {
            Path done = entries.sorted().reduce((first, second) -> second).orElseThrow();
            Files.delete(done);
        }
        List<Path> parts = parts();
        String stage = stageOf(journal);
        Path staged = Files.createDirectories(folder.resolve("out/_promptmill/publish/" + stage));
        Files.move(parts.get(0), staged.resolve(parts.get(0).getFileName()));
        Files.delete(folder.resolve("out/_SUCCESS"));
        COMPUTED.clear();
        run();
        assertEquals(0, COMPUTED.size());
        assertEquals(whole, rows());
        assertTrue(Files.exists(folder.resolve("out/_SUCCESS")));
    }

    private static String stageOf(Path journal) throws IOException {
        try (Stream<Path> entries = Files.list(journal)) {
            Path plan = entries.filter(path -> path.toString().endsWith("publication.json"))
                    .sorted()
                    .reduce((first, second) -> second)
                    .orElseThrow();
            return Files.readString(plan).replaceAll("(?s).*\"stage\" : \"([^\"]+)\".*", "$1");
        }
    }

    @Test
    void damagedStepsAndStraysAreComputedAgain() throws IOException {
        writeRows("in.jsonl", 0, 30);
        crashingPrompt = "row 29";
        assertThrows(JobFailedException.class, () -> run("output.commit_rows=2"));
        crashingPrompt = null;
        Path steps = folder.resolve("out/_promptmill/steps");
        Path damaged;
        try (Stream<Path> files = Files.list(steps)) {
            damaged = files.filter(path -> path.toString().endsWith(".parquet"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
        }
        Files.write(damaged, Arrays.copyOf(Files.readAllBytes(damaged), 100));
        Files.writeString(steps.resolve("20200101000000xdead-p00000-t0-s00000.parquet"), "cut off");
        assertEquals(30, run().rows());
        assertEquals(30, rows().stream().distinct().count());
        assertFalse(Files.exists(steps.resolve("20200101000000xdead-p00000-t0-s00000.parquet")));
    }

    @Test
    void anotherOutputIsNotTouched() throws IOException {
        writeRows("in.jsonl", 0, 3);
        run("output.mode=error");
        DataException refused = assertThrows(DataException.class, this::run);
        assertTrue(refused.getMessage().contains("output.mode resume"), refused.getMessage());
        assertEquals(3, rows().size());
    }
}
