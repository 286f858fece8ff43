package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.job.ledger.CommitInterval;
import io.promptmill.udf.error.ConfigException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Where the rows go.
 *
 * @param path folder on any Hadoop filesystem
 * @param layout how rows are divided into files
 * @param commits how often a resumable job commits
 */
record OutputConfig(String path, OutputFormat format, Mode mode, FileLayout layout, CommitInterval commits) {

    /** What happens to rows that are at the path already. */
    enum Mode {
        ERROR,
        OVERWRITE,
        APPEND,
        RESUME
    }

    private static final List<String> KEYS = Stream.concat(
                    Stream.of("path", "format", "mode", "commit_rows", "commit_seconds"), FileLayout.KEYS.stream())
            .toList();

    static OutputConfig of(JsonNode node) {
        Section section = Section.of("output", node, KEYS);
        OutputFormat format = section.oneOf("format", OutputFormat.labels())
                .map(name -> OutputFormat.valueOf(name.toUpperCase(Locale.ROOT)))
                .orElse(OutputFormat.PARQUET);
        String mode = section.oneOf("mode", List.of("error", "overwrite", "append", "resume"))
                .orElse("error");
        return new OutputConfig(
                section.requireText("path"),
                format,
                Mode.valueOf(mode.toUpperCase(Locale.ROOT)),
                FileLayout.of(section, format),
                commits(section, mode));
    }

    private static CommitInterval commits(Section section, String mode) {
        for (String key : List.of("commit_rows", "commit_seconds")) {
            if (section.has(key) && !mode.equals("resume")) {
                throw new ConfigException("'output." + key + "' has no effect with output.mode " + mode
                        + ", which commits all rows together; set output.mode to resume, or remove it");
            }
            if (section.integer(key).orElse(1L) < 1) {
                throw section.wrong(key, section.value(key), "1 or more");
            }
        }
        return new CommitInterval(
                section.integer("commit_rows").orElse(CommitInterval.DEFAULT.rows()),
                section.integer("commit_seconds").orElse(CommitInterval.DEFAULT.seconds()));
    }
}
