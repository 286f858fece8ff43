package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.error.ConfigException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.sql.types.StructType;

/**
 * Where the rows come from.
 *
 * @param paths files, folders or globs on any Hadoop filesystem; at least one where files are read
 * @param table of a catalog, instead of paths; or null
 * @param format null: from the ending of the files
 * @param source name of Spark's source where the format is {@link Format#OTHER}, else null
 * @param schema columns as DDL ({@code "id BIGINT, text STRING"}), or null to infer them
 * @param options passed to Spark's reader
 * @param id column whose value identifies a row, or null
 * @param adapter column that names a row's adapter, or null
 */
record InputConfig(
        List<String> paths,
        String table,
        Format format,
        String source,
        String schema,
        Map<String, String> options,
        String id,
        String adapter) {

    /** Kinds of files, and whatever else Spark has a source for. */
    enum Format {
        JSONL,
        JSON,
        CSV,
        TEXT,
        PARQUET,
        ORC,
        AVRO,
        OPENAI_BATCH,
        OTHER;

        private static final List<Format> OF_FILES = List.of(JSONL, JSON, CSV, TEXT, PARQUET, ORC, AVRO, OPENAI_BATCH);

        /** The kind of files with that label, or {@link #OTHER}. */
        static Format named(String name) {
            return OF_FILES.stream()
                    .filter(format -> format.label().equals(name))
                    .findAny()
                    .orElse(OTHER);
        }

        static String labels() {
            return OF_FILES.stream().map(Format::label).collect(Collectors.joining(", "));
        }

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final List<String> KEYS = List.of("path", "table", "format", "schema", "options", "id", "adapter");

    /** Files whose endings tell what they are, with the columns that are found in them. */
    static InputConfig ofPath(String path) {
        return new InputConfig(List.of(path), null, null, null, null, Map.of(), null, null);
    }

    /** For messages: what the user has given. */
    String described() {
        if (table != null) {
            return "input.table '" + table + "'";
        }
        return paths.isEmpty() ? "input.format \"" + source + "\"" : "input.path " + paths;
    }

    /** The paths, or the table, or the source's name. */
    List<String> origins() {
        return table != null ? List.of(table) : paths.isEmpty() ? List.of(source) : paths;
    }

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
        String table = section.text("table");
        String name = section.text("format");
        Format format = name == null ? null : Format.named(name);
        boolean batch = format == Format.OPENAI_BATCH;
        if (batch && section.has("schema")) {
            throw new ConfigException(
                    "'input.schema' has no effect on input.format openai_batch, which has columns of its own; remove it");
        }
        String id = section.text("id");
        return new InputConfig(
                paths(section, table, format),
                table,
                format,
                format == Format.OTHER ? name : null,
                schema(section.text("schema")),
                Map.copyOf(section.scalars("options")),
                batch && id == null ? OpenAiBatch.CUSTOM_ID : id,
                section.text("adapter"));
    }

    private static List<String> paths(Section section, String table, Format format) {
        List<String> paths = section.texts("path").orElse(List.of());
        if (table != null) {
            for (String key : List.of("path", "format", "schema")) {
                if (section.has(key)) {
                    throw new ConfigException("'input.table' and 'input." + key
                            + "' are both given; a table is found by its name and has its own columns, remove one");
                }
            }
            return List.of();
        }
        boolean needed = format != Format.OTHER;
        if ((needed && paths.isEmpty()) || paths.stream().anyMatch(String::isBlank)) {
            throw new ConfigException("'input.path' is " + (paths.isEmpty() ? "missing" : "partly empty")
                    + "; expected a path, a glob or a list of them, or 'input.table'");
        }
        return List.copyOf(paths);
    }
}
