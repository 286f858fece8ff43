package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.error.ConfigException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.sql.types.StructType;

/**
 * Where the rows come from.
 *
 * @param paths files, folders or globs on any Hadoop filesystem; at least one
 * @param format null: from the ending of the files
 * @param schema columns as DDL ({@code "id BIGINT, text STRING"}), or null to infer them
 * @param options passed to Spark's reader
 * @param id column whose value identifies a row, or null
 * @param adapter column that names a row's adapter, or null
 */
record InputConfig(
        List<String> paths, Format format, String schema, Map<String, String> options, String id, String adapter) {

    /** Kinds of files. */
    enum Format {
        JSONL,
        JSON,
        CSV,
        TEXT,
        PARQUET;

        static Format named(String key, String name) {
            return Arrays.stream(values())
                    .filter(format -> format.label().equals(name))
                    .findAny()
                    .orElseThrow(() ->
                            new ConfigException("'" + key + "' is \"" + name + "\"; expected one of " + labels()));
        }

        static String labels() {
            return Arrays.stream(values()).map(Format::label).collect(Collectors.joining(", "));
        }

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final List<String> KEYS = List.of("path", "format", "schema", "options", "id", "adapter");

    private static String schema(String ddl) {
        if (ddl != null) {
            try {
                StructType.fromDDL(ddl);
            } catch (Exception e) {
                // Spark's checked ParseException is not declared by its Java-visible signature.
                throw new ConfigException(
                        "'input.schema' is \"" + ddl + "\" (" + Failures.firstLine(e)
                                + "); expected columns as DDL, such as \"id BIGINT, text STRING\"",
                        e);
            }
        }
        return ddl;
    }

    static InputConfig of(JsonNode node) {
        Section section = Section.of("input", node, KEYS);
        List<String> paths = section.texts("path").orElse(List.of());
        if (paths.isEmpty() || paths.stream().anyMatch(String::isBlank)) {
            throw new ConfigException("'input.path' is " + (paths.isEmpty() ? "missing" : "partly empty")
                    + "; expected a path, a glob or a list of them");
        }
        String format = section.text("format");
        return new InputConfig(
                List.copyOf(paths),
                format == null ? null : Format.named("input.format", format),
                schema(section.text("schema")),
                Map.copyOf(section.scalars("options")),
                section.text("id"),
                section.text("adapter"));
    }
}
