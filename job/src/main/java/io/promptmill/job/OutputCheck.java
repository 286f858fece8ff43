package io.promptmill.job;

import io.promptmill.job.OutputConfig.Mode;
import io.promptmill.job.ledger.Ledger;
import io.promptmill.udf.error.DataException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
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
        List<String> names = new ArrayList<>();
        for (FileStatus status : files.listStatus(target)) {
            String name = status.getPath().getName();
            if (status.isFile() && !name.startsWith("_") && !name.startsWith(".")) {
                names.add(name);
            }
        }
        boolean parquet = config.format().equals("parquet");
        for (String name : names) {
            if (!name.contains(parquet ? ".parquet" : ".json")) {
                throw new DataException("output.path '" + target + "' holds '" + name + "'; this job would append "
                        + config.format() + ". Choose another output path or output.format");
            }
        }
        // JSON lines carry their own names; an empty folder has no schema to ask for.
        if (parquet && !names.isEmpty()) {
            StructType existing = schema(spark);
            if (!columns(existing).equals(columns(schema))) {
                throw new DataException("output.path '" + target + "' holds rows with the columns " + columns(existing)
                        + "; this job would append " + columns(schema) + ". Choose another output path");
            }
        }
    }

    private StructType schema(SparkSession spark) {
        try {
            return spark.read().parquet(target.toString()).schema();
        } catch (Exception e) {
            // Spark's checked AnalysisException is not declared by its Java-visible signature.
            throw new DataException(
                    "output.path '" + target + "' cannot be read as parquet: " + Failures.firstLine(e)
                            + ". Choose another output path",
                    e);
        }
    }

    private void foreign() throws IOException {
        for (FileStatus status : files.listStatus(target)) {
            String name = status.getPath().getName();
            if (!name.startsWith("part-") && !name.startsWith("_") && !name.startsWith(".")) {
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

    private static List<String> columns(StructType schema) {
        List<String> columns = new ArrayList<>();
        for (StructField field : schema.fields()) {
            columns.add(field.name() + " " + field.dataType().sql());
        }
        return columns;
    }
}
