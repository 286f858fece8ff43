package io.promptmill.job;

import io.promptmill.job.OutputConfig.Mode;
import io.promptmill.job.ledger.Ledger;
import io.promptmill.job.ledger.PartFiles;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.DataException;
import io.promptmill.udf.error.NearestName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.AtomicType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Refuses outputs that would harm what is at the output path already. Changes nothing; used by one thread. */
final class OutputCheck {
    private final OutputConfig config;
    private final FileSystem files;
    private final Path target;

    /**
     * @param target the output path, qualified
     */
    OutputCheck(OutputConfig config, FileSystem files, Path target) {
        this.config = config;
        this.files = files;
        this.target = target;
    }

    /**
     * Checks the path's mode, and that neither the input nor anything foreign would be removed.
     *
     * @param inputs that must not be replaced
     * @throws DataException where the job must not write here
     */
    void path(List<String> inputs, Configuration hadoop) throws IOException {
        if (!files.exists(target)) {
            return;
        }
        if (config.mode() == Mode.ERROR) {
            throw new DataException("output.path '" + target
                    + "' exists; choose another, remove it, or set output.mode to overwrite or append");
        }
        if (!files.getFileStatus(target).isDirectory()) {
            throw new DataException("output.path '" + target + "' is a file; expected a folder");
        }
        if (config.mode() == Mode.OVERWRITE) {
            foreign();
            for (String input : inputs) {
                input(input, hadoop);
            }
        }
    }

    /**
     * Checks the path of a resumable output.
     *
     * @param inputs that must not lie in it
     * @throws DataException where something else is there
     */
    void resume(List<String> inputs, Configuration hadoop) throws IOException {
        if (!files.exists(target)) {
            return;
        }
        if (!files.getFileStatus(target).isDirectory()) {
            throw new DataException("output.path '" + target + "' is a file; expected a folder");
        }
        if (!Ledger.exists(files, target) && files.listStatus(target).length > 0) {
            throw new DataException("output.path '" + target + "' holds files that no job with output.mode resume has"
                    + " written; choose another path, remove it, or set output.mode to overwrite");
        }
        for (String input : inputs) {
            input(input, hadoop);
        }
    }

    /**
     * Checks that rows which are there already have the form of those to come.
     *
     * @param schema of the rows to come
     * @throws DataException where a reader could not read both together
     */
    void append(SparkSession spark, StructType schema) throws IOException {
        if (config.mode() != Mode.APPEND || !files.exists(target)) {
            return;
        }
        List<String> names = PartFiles.below(files, target);
        OutputFormat format = config.format();
        List<String> folders = config.layout().partitionBy();
        for (String name : names) {
            if (!format.isNamed(name)) {
                throw new DataException("output.path '" + target + "' holds '" + name + "'; this job would append "
                        + format.label() + ". Choose another output path or output.format");
            }
            if (!folders(name).equals(folders)) {
                throw new DataException("output.path '" + target + "' holds '" + name + "', in folders by "
                        + folders(name) + "; this job would append in folders by " + folders
                        + ". Choose another output path or output.partition_by");
            }
        }
        // JSON lines carry their own names; an empty folder has no schema to ask for.
        if (!names.isEmpty() && !format.isJson()) {
            List<String> existing = columns(schema(spark, format), folders, format.hasSchema());
            StructType stored = format == OutputFormat.AVRO ? AvroColumns.stored(schema) : schema;
            List<String> coming = columns(stored, folders, format.hasSchema());
            if (!existing.equals(coming)) {
                throw new DataException("output.path '" + target + "' holds rows with the columns " + existing
                        + "; this job would append " + coming + ". Choose another output path");
            }
        }
    }

    /**
     * Checks that the output's format and folders can take such rows.
     *
     * @throws ConfigException where they cannot
     */
    void columns(SparkSession spark, StructType schema, List<String> added) {
        SparkSources.require(spark, config.format().source(), "output.format");
        List<String> names = List.of(schema.fieldNames());
        List<String> folders = config.layout().partitionBy();
        for (String name : folders) {
            if (!names.contains(name)) {
                throw new ConfigException(
                        "'output.partition_by' names '" + name + "', which is not a column of the output; "
                                + NearestName.hint(name, names) + "the columns are " + names);
            }
            DataType type = schema.apply(name).dataType();
            if (!(type instanceof AtomicType) || type instanceof BinaryType) {
                throw new ConfigException("'output.partition_by' names '" + name + "', which is of type "
                        + type.simpleString() + "; the name of a folder can hold text, numbers, dates and booleans");
            }
        }
        if (folders.containsAll(added)) {
            throw new ConfigException(
                    "'output.partition_by' names every column that the job adds; leave one for the files");
        }
        if (config.format() == OutputFormat.AVRO) {
            AvroColumns.check(schema);
        }
    }

    /** Keys of the folders in which a file lies. */
    private static List<String> folders(String file) {
        List<String> keys = new ArrayList<>();
        String[] parts = file.split("/");
        for (int part = 0; part < parts.length - 1; part++) {
            keys.add(parts[part].contains("=") ? parts[part].substring(0, parts[part].indexOf('=')) : parts[part]);
        }
        return keys;
    }

    private StructType schema(SparkSession spark, OutputFormat format) {
        try {
            return spark.read()
                    .format(format.source())
                    .options(format == OutputFormat.CSV ? CsvColumns.OPTIONS : Map.of())
                    .load(target.toString())
                    .schema();
        } catch (Exception e) {
            // Spark's checked AnalysisException is not declared by its Java-visible signature.
            throw new DataException(
                    "output.path '" + target + "' cannot be read as " + format.label() + ": " + Failures.firstLine(e)
                            + ". Choose another output path",
                    e);
        }
    }

    private void foreign() throws IOException {
        for (FileStatus status : files.listStatus(target)) {
            String name = status.getPath().getName();
            boolean folder = status.isDirectory() && name.contains("=");
            if (!folder && !name.startsWith("part-") && !name.startsWith("_") && !name.startsWith(".")) {
                throw new DataException("output.path '" + target + "' holds '" + name
                        + "', which no Spark job has written; it is not overwritten. Choose another path or remove it");
            }
        }
    }

    private void input(String input, Configuration hadoop) throws IOException {
        Path path = new Path(input);
        // The input may lie on another filesystem than the output: each qualifies its own paths only.
        FileSystem inputFiles = path.getFileSystem(hadoop);
        List<Path> places = new ArrayList<>(List.of(inputFiles.makeQualified(path)));
        FileStatus[] matches = inputFiles.globStatus(path);
        if (matches != null) {
            for (FileStatus match : matches) {
                places.add(match.getPath());
            }
        }
        for (Path place : places) {
            for (Path folder = place; folder != null; folder = folder.getParent()) {
                if (folder.equals(target)) {
                    throw new DataException("output.path '" + target + "' holds the input '" + input
                            + "', which would be written over; choose another output path");
                }
            }
        }
    }

    /** The columns in files, without those that are folders. */
    private static List<String> columns(StructType schema, List<String> folders, boolean withTypes) {
        List<String> columns = new ArrayList<>();
        for (StructField field : schema.fields()) {
            if (!folders.contains(field.name())) {
                columns.add(withTypes ? field.name() + " " + field.dataType().sql() : field.name());
            }
        }
        return columns;
    }
}
