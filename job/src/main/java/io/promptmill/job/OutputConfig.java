package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.error.ConfigException;
import java.util.List;
import java.util.Locale;

/**
 * Where the rows go.
 *
 * @param path folder on any Hadoop filesystem
 * @param format {@code parquet} or {@code jsonl}
 * @param partitions number of files that the rows are gathered in; 0: as many as there were tasks
 */
record OutputConfig(String path, String format, Mode mode, int partitions) {

    /** What happens to rows that are at the path already. */
    enum Mode {
        ERROR,
        OVERWRITE,
        APPEND
    }

    private static final List<String> KEYS = List.of("path", "format", "mode", "partitions");

    static OutputConfig of(JsonNode node) {
        Section section = Section.of("output", node, KEYS);
        String format = oneOf(section, "format", List.of("parquet", "jsonl"));
        String mode = oneOf(section, "mode", List.of("error", "overwrite", "append"));
        int partitions = section.smallInteger("partitions").orElse(0);
        if (partitions < 0) {
            throw new ConfigException("'output.partitions' is " + partitions + "; expected 0 (as they come) or more");
        }
        return new OutputConfig(
                section.requireText("path"), format, Mode.valueOf(mode.toUpperCase(Locale.ROOT)), partitions);
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
