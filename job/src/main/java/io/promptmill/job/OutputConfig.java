package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.job.ledger.CommitInterval;
import io.promptmill.udf.error.ConfigException;
import java.util.List;
import java.util.Locale;

/**
 * Where the rows go.
 *
 * @param path folder on any Hadoop filesystem
 * @param format {@code parquet} or {@code jsonl}
 * @param partitions number of files that the rows are gathered in; 0: as many as there were tasks or, with {@code
 *     resume}, as their size asks for
 * @param commits how often a resumable job commits
 */
record OutputConfig(String path, String format, Mode mode, int partitions, CommitInterval commits) {

    /** What happens to rows that are at the path already. */
    enum Mode {
        ERROR,
        OVERWRITE,
        APPEND,
        RESUME
    }

    private static final List<String> KEYS =
            List.of("path", "format", "mode", "partitions", "commit_rows", "commit_seconds");

    static OutputConfig of(JsonNode node) {
        Section section = Section.of("output", node, KEYS);
        String format = oneOf(section, "format", List.of("parquet", "jsonl"));
        String mode = oneOf(section, "mode", List.of("error", "overwrite", "append", "resume"));
        int partitions = section.smallInteger("partitions").orElse(0);
        if (partitions < 0) {
            throw new ConfigException("'output.partitions' is " + partitions + "; expected 0 (as they come) or more");
        }
        return new OutputConfig(
                section.requireText("path"),
                format,
                Mode.valueOf(mode.toUpperCase(Locale.ROOT)),
                partitions,
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

    /** The value of a key that has a few values; the first of them is the default. */
    private static String oneOf(Section section, String key, List<String> values) {
        String value = section.text(key);
        if (value != null && !values.contains(value)) {
            throw section.wrong(key, section.value(key), "one of " + String.join(", ", values));
        }
        return value == null ? values.get(0) : value;
    }
}
