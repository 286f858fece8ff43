package io.promptmill.job;

import io.promptmill.job.InputConfig.Format;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.DataException;
import io.promptmill.udf.error.PromptmillException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.DataStreamReader;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Opens the input of a job with Spark's own sources: files, whose format is found out, tables of a catalog, and what other
 * sources are on the class path.
 */
final class InputReader {
    private final SparkSession spark;
    private final InputConfig config;

    private Format opened;
    private boolean document;

    InputReader(SparkSession spark, InputConfig config) {
        this.spark = spark;
        this.config = config;
    }

    /**
     * As {@link #open}, and with what Spark cannot fit into the columns of a CSV line in {@link BrokenLines#COLUMN}:
     * by itself it drops surplus fields and fills up missing ones without a word.
     */
    Dataset<Row> openMarked(List<String> expected) {
        Dataset<Row> rows = open(expected);
        if (!isCsv() || rows.schema().isEmpty()) {
            return rows;
        }
        return reader(Format.CSV, false).schema(BrokenLines.with(rows.schema())).load(paths());
    }

    /** True where the rows that were opened come from CSV. */
    boolean isCsv() {
        return opened == Format.CSV;
    }

    /**
     * The rows of the input, not yet read.
     *
     * @param expected columns that the job asks for: the schema of an input that is empty and has none of its own
     * @throws DataException where a path matches nothing or cannot be listed
     * @throws ConfigException where the format cannot be told
     */
    Dataset<Row> open(List<String> expected) {
        Dataset<Row> rows = isOfFiles() ? openFiles() : openSource();
        if (List.of(rows.columns()).equals(List.of(BrokenLines.COLUMN))) {
            throw new DataException(config.described() + " holds no line of valid JSON; correct it or give"
                    + " input.format (" + Format.labels() + ")");
        }
        return rows.schema().isEmpty() ? spark.createDataFrame(List.of(), textColumns(expected)) : rows;
    }

    private boolean isOfFiles() {
        return config.table() == null && config.format() != Format.OTHER;
    }

    private Dataset<Row> openFiles() {
        List<Path> files = new ArrayList<>();
        for (String path : config.paths()) {
            files.addAll(
                    InputFiles.of(path, config.options(), spark.sparkContext().hadoopConfiguration()));
        }
        Format format = config.format() == null ? infer(files) : config.format();
        opened = format;
        document = format == Format.JSON && isDocument(files);
        SparkSources.require(spark, sourceName(format), "input.format");
        return load("as " + format.label(), () -> reader(format, document).load(paths()));
    }

    private Dataset<Row> openSource() {
        if (config.table() != null) {
            return load(
                    "in catalog " + spark.catalog().currentCatalog(),
                    () -> spark.read().options(config.options()).table(config.table()));
        }
        SparkSources.require(spark, config.source(), "input.format");
        opened = Format.OTHER;
        return load("as " + config.source(), () -> reader(Format.OTHER, false).load(paths()));
    }

    private String[] paths() {
        return config.paths().toArray(String[]::new);
    }

    private Dataset<Row> load(String how, Supplier<Dataset<Row>> source) {
        try {
            return source.get();
        } catch (PromptmillException told) {
            throw told;
        } catch (Exception e) {
            // Spark's checked AnalysisException is not declared by its Java-visible signature.
            if (spark.sparkContext().isStopped()) {
                throw new JobFailedException("the cluster has ended the application: " + Failures.firstLine(e), e);
            }
            throw new DataException(
                    config.described() + " cannot be read " + how + ": " + Failures.firstLine(e) + SparkSources.hint(e),
                    e);
        }
    }

    /**
     * What comes to the input, as a stream with the columns of {@link #openMarked}, which is called before.
     *
     * @throws ConfigException where the input is not one folder, glob or table
     */
    Dataset<Row> openStream(StructType columns) {
        return load("as a stream", () -> stream(columns));
    }

    private Dataset<Row> stream(StructType columns) {
        if (config.paths().size() > 1) {
            throw new ConfigException("'input.path' has " + config.paths().size()
                    + " values; a job that takes files as they come needs one folder or glob");
        }
        if (config.table() != null) {
            return spark.readStream().options(config.options()).table(config.table());
        }
        DataStreamReader stream = spark.readStream().format(sourceName(opened)).options(options(opened, document));
        if (isOfFiles() || config.schema() != null) {
            stream = stream.schema(columns);
        }
        return config.paths().isEmpty()
                ? stream.load()
                : stream.load(config.paths().get(0));
    }

    private DataFrameReader reader(Format format, boolean asDocument) {
        DataFrameReader reader = spark.read().format(sourceName(format));
        if (config.schema() != null) {
            StructType schema = StructType.fromDDL(config.schema());
            reader = reader.schema(isJson(format) ? BrokenLines.with(schema) : schema);
        }
        return reader.options(options(format, asDocument));
    }

    private static boolean isJson(Format format) {
        return format == Format.JSON || format == Format.JSONL;
    }

    /** Ours, then the user's in their place. */
    private Map<String, String> options(Format format, boolean asDocument) {
        Map<String, String> options = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        if (isJson(format) || format == Format.CSV) {
            options.put("columnNameOfCorruptRecord", BrokenLines.COLUMN);
        }
        if (asDocument) {
            options.put("multiLine", "true");
        }
        if (format == Format.CSV) {
            // Prompts hold line breaks and quotes; RFC 4180 doubles the quotes.
            options.putAll(Map.of("header", "true", "multiLine", "true", "escape", "\""));
        }
        options.putAll(config.options());
        return options;
    }

    /** Not asked where the reader's own option says so. */
    private boolean isDocument(List<Path> files) {
        return config.options().keySet().stream().noneMatch("multiLine"::equalsIgnoreCase)
                && JsonLayout.of(files, spark.sparkContext().hadoopConfiguration()) == JsonLayout.DOCUMENT;
    }

    private String sourceName(Format format) {
        return switch (format) {
            case JSONL -> "json";
            case OPENAI_BATCH -> "text";
            case OTHER -> config.source();
            default -> format.label();
        };
    }

    private static StructType textColumns(List<String> names) {
        StructType schema = new StructType();
        for (String name : names) {
            schema = schema.add(name, DataTypes.StringType);
        }
        return schema;
    }

    private Format infer(List<Path> files) {
        if (files.isEmpty()) {
            throw new ConfigException("input.path " + config.paths()
                    + " holds no file to tell the format from; give input.format (" + Format.labels() + ")");
        }
        Format format = null;
        for (Path file : files) {
            Format found = formatOf(file);
            if (format != null && found != format) {
                throw new ConfigException("input.path " + config.paths() + " holds " + format.label() + " and "
                        + found.label() + "; give input.format, or run a job for each");
            }
            format = found;
        }
        return format;
    }

    private static Format formatOf(Path path) {
        String name = path.getName().toLowerCase(Locale.ROOT).replaceFirst("\\.(gz|bz2|zst|snappy|lz4|deflate)$", "");
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "jsonl", "ndjson" -> Format.JSONL;
            case "json" -> Format.JSON;
            case "csv" -> Format.CSV;
            case "txt", "text" -> Format.TEXT;
            case "parquet" -> Format.PARQUET;
            case "orc" -> Format.ORC;
            case "avro" -> Format.AVRO;
            default ->
                throw new ConfigException("the ending of '" + path + "' does not tell its format; give input.format ("
                        + Format.labels() + ")");
        };
    }
}
