package io.promptmill.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.job.InputConfig.Format;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.DataException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Opens the input of a job: finds its files, their format, and reads them with Spark's own sources. */
final class InputReader {
    /** How much of a JSON file is looked at to tell one object a line from one document. */
    private static final int PEEK_BYTES = 1 << 20;

    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final SparkSession spark;
    private final InputConfig config;

    InputReader(SparkSession spark, InputConfig config) {
        this.spark = spark;
        this.config = config;
    }

    /**
     * The rows of the input, not yet read.
     *
     * @param expected columns that the job asks for: the schema of an input that is empty and has none of its own
     * @throws DataException where a path matches nothing or cannot be listed
     * @throws ConfigException where the format cannot be told
     */
    Dataset<Row> open(List<String> expected) {
        List<FileStatus> samples = new ArrayList<>();
        for (String path : config.paths()) {
            samples.addAll(sample(path));
        }
        Format format = config.format() == null ? infer(samples) : config.format();
        Dataset<Row> rows;
        try {
            rows = reader(format, samples).load(config.paths().toArray(String[]::new));
        } catch (Exception e) {
            // Spark's checked AnalysisException is not declared by its Java-visible signature.
            if (spark.sparkContext().isStopped()) {
                throw new JobFailedException("the cluster has ended the application: " + Failures.firstLine(e), e);
            }
            throw new DataException(
                    "input.path " + config.paths() + " cannot be read as " + format.label() + ": "
                            + Failures.firstLine(e),
                    e);
        }
        return rows.schema().isEmpty() ? spark.createDataFrame(List.of(), textColumns(expected)) : rows;
    }

    private DataFrameReader reader(Format format, List<FileStatus> samples) {
        DataFrameReader reader = spark.read().format(sourceName(format));
        if (config.schema() != null) {
            reader = reader.schema(config.schema());
        }
        if (format == Format.JSON && samples.stream().anyMatch(file -> !isJsonLines(file))) {
            reader = reader.option("multiLine", true);
        }
        if (format == Format.CSV) {
            // Prompts hold line breaks and quotes; RFC 4180 doubles the quotes.
            reader = reader.option("header", true).option("multiLine", true).option("escape", "\"");
        }
        return reader.options(config.options());
    }

    private static String sourceName(Format format) {
        return format == Format.JSONL ? "json" : format.label();
    }

    private static StructType textColumns(List<String> names) {
        StructType schema = new StructType();
        for (String name : names) {
            schema = schema.add(name, DataTypes.StringType);
        }
        return schema;
    }

    /** What stands for the files of a path: each file that it names, and the first file of each folder. */
    private List<FileStatus> sample(String path) {
        Configuration hadoop = spark.sparkContext().hadoopConfiguration();
        try {
            Path location = new Path(path);
            FileSystem files = location.getFileSystem(hadoop);
            FileStatus[] matches = files.globStatus(location);
            if (matches == null || matches.length == 0) {
                throw new DataException("input.path '" + path + "' matches no file on " + files.getUri()
                        + " (working directory " + files.getWorkingDirectory() + ")");
            }
            List<FileStatus> samples = new ArrayList<>();
            for (FileStatus match : matches) {
                firstFile(files, match).ifPresent(samples::add);
            }
            return samples;
        } catch (IOException | IllegalArgumentException e) {
            throw new DataException("input.path '" + path + "' cannot be listed: " + Failures.firstLine(e), e);
        }
    }

    private static Optional<FileStatus> firstFile(FileSystem files, FileStatus match) throws IOException {
        Deque<FileStatus> queue = new ArrayDeque<>(List.of(match));
        while (!queue.isEmpty()) {
            FileStatus status = queue.pop();
            if (status.isFile()) {
                return Optional.of(status);
            }
            for (FileStatus child : files.listStatus(status.getPath())) {
                String name = child.getPath().getName();
                if (!name.startsWith("_") && !name.startsWith(".")) {
                    queue.add(child);
                }
            }
        }
        return Optional.empty();
    }

    private Format infer(List<FileStatus> samples) {
        if (samples.isEmpty()) {
            throw new ConfigException("input.path " + config.paths()
                    + " holds no file to tell the format from; give input.format (" + Format.labels() + ")");
        }
        Format format = null;
        for (FileStatus sample : samples) {
            Format found = formatOf(sample.getPath());
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
            default ->
                throw new ConfigException("the ending of '" + path + "' does not tell its format; give input.format ("
                        + Format.labels() + ")");
        };
    }

    /** True where the file's first line is a whole JSON object. Read as one document, all others would be lost. */
    private boolean isJsonLines(FileStatus file) {
        try (FSDataInputStream stream = file.getPath()
                .getFileSystem(spark.sparkContext().hadoopConfiguration())
                .open(file.getPath())) {
            byte[] start = stream.readNBytes(PEEK_BYTES);
            String firstLine = new String(start, java.nio.charset.StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank())
                    .findFirst()
                    .orElse("{}");
            JsonNode node = JSON.readTree(firstLine);
            return node.isObject();
        } catch (JsonProcessingException e) {
            return false;
        } catch (IOException e) {
            throw new DataException(file.getPath() + " cannot be read: " + Failures.firstLine(e), e);
        }
    }
}
