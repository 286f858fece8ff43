package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.job.OutputConfig.Mode;
import io.promptmill.job.ledger.CommitInterval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Publishing on a filesystem that refuses some renames; closing it removes what is marked for removal on exit. */
class OutputWriterTest {

    @TempDir
    private Path folder;

    private String message;

    private List<org.apache.hadoop.fs.Path> published;

    @Test
    void replacesAndLeavesNothingBeside() throws IOException {
        publish(Mode.OVERWRITE, "");
        assertEquals(List.of("_figures.json", "part-new-1", "part-new-2"), names(folder.resolve("out")));
        assertEquals(List.of("out"), names(folder));
    }

    @Test
    void putsTheOldOutputBackAndKeepsTheRows() throws IOException {
        OutputWriter writer = refused(Mode.OVERWRITE, "2");
        assertEquals(List.of("part-old"), names(folder.resolve("out")));
        assertKept(writer, "_figures.json", "part-new-1", "part-new-2");
        assertEquals(2, names(folder).size());
    }

    @Test
    void keepsBothWhereTheOldOutputCannotBePutBack() throws IOException {
        OutputWriter writer = refused(Mode.OVERWRITE, "2,3");
        assertFalse(Files.exists(folder.resolve("out")));
        assertKept(writer, "_figures.json", "part-new-1", "part-new-2");
        String previous = names(folder).stream()
                .filter(name -> name.endsWith("-previous"))
                .findAny()
                .orElseThrow();
        assertEquals(List.of("part-old"), names(folder.resolve(previous)));
        assertTrue(message.contains(previous), message);
    }

    @Test
    void takesBackWhatWasAppended() throws IOException {
        OutputWriter writer = refused(Mode.APPEND, "2");
        assertEquals(List.of("part-old"), names(folder.resolve("out")));
        assertKept(writer, "_figures.json", "part-new-1", "part-new-2");
    }

    @Test
    void publishesWhatWasAddedBesideTheRowsAndNeverOverAnother() throws IOException {
        publish(Mode.APPEND, "");
        assertEquals(List.of("_figures.json", "part-new-1", "part-new-2", "part-old"), names(folder.resolve("out")));
        Files.delete(folder.resolve("out/part-new-1"));
        Files.delete(folder.resolve("out/part-new-2"));
        publish(Mode.APPEND, "");
        assertTrue(Files.exists(folder.resolve("out/_figures-2.json")));
        assertEquals(2, published.size());
    }

    @Test
    void takesRowsBackWhereTheirFiguresCannotBeAdded() throws IOException {
        OutputWriter writer = refused(Mode.APPEND, "3");
        assertEquals(List.of("part-old"), names(folder.resolve("out")));
        assertKept(writer, "_figures.json", "part-new-1", "part-new-2");
    }

    @Test
    void leavesWhatWasCreatedMeanwhile() throws IOException {
        OutputWriter writer = refused(Mode.ERROR, "");
        assertEquals(List.of("part-old"), names(folder.resolve("out")));
        assertKept(writer, "_figures.json", "part-new-1", "part-new-2");
    }

    private OutputWriter refused(Mode mode, String renames) throws IOException {
        OutputWriter[] writer = new OutputWriter[1];
        IOException failure = assertThrows(IOException.class, () -> publish(mode, renames, writer));
        message = failure.getMessage();
        return writer[0];
    }

    private void publish(Mode mode, String renames) throws IOException {
        OutputWriter[] writer = new OutputWriter[1];
        publish(mode, renames, writer);
    }

    /** What a job does, with rows that are there already; the filesystem is closed as when the process ends. */
    private void publish(Mode mode, String renames, OutputWriter[] made) throws IOException {
        Configuration hadoop = new Configuration();
        FailingFileSystem.register(hadoop);
        hadoop.set(FailingFileSystem.REFUSED, renames);
        try (FileSystem files = FileSystem.get(FailingFileSystem.ROOT, hadoop)) {
            assertEquals(FailingFileSystem.ROOT, files.getUri());
            OutputWriter writer = new OutputWriter(
                    new OutputConfig(
                            "failing:" + folder.resolve("out"),
                            OutputFormat.PARQUET,
                            mode,
                            FileLayout.DEFAULT,
                            CommitInterval.DEFAULT),
                    hadoop);
            made[0] = writer;
            writer.prepare(List.of());
            Path staging = local(writer.staging());
            Files.createDirectories(staging);
            Files.writeString(staging.resolve("part-new-1"), "1");
            Files.writeString(staging.resolve("part-new-2"), "2");
            Files.createDirectories(folder.resolve("out"));
            Files.writeString(folder.resolve("out/part-old"), "old");
            writer.addFile("_figures.json", "{}");
            published = writer.publish();
            writer.clean();
        }
    }

    private static void assertKept(OutputWriter writer, String... names) throws IOException {
        assertEquals(List.of(names), names(local(writer.staging())));
    }

    private static Path local(org.apache.hadoop.fs.Path path) {
        return Path.of(path.toUri().getPath());
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
