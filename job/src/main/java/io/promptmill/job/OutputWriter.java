package io.promptmill.job;

import io.promptmill.job.OutputConfig.Mode;
import io.promptmill.udf.error.DataException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the output so that the path holds either what it held before or the whole result. Spark's committer writes to a
 * hidden folder beside the path; a rename publishes it. Used by one thread.
 */
final class OutputWriter {
    private static final Logger LOG = LoggerFactory.getLogger(OutputWriter.class);

    private final OutputConfig config;
    private final FileSystem files;
    private final Path target;
    private final Path workspace;

    /**
     * @throws DataException where the filesystem of the path cannot be reached
     */
    OutputWriter(OutputConfig config, Configuration hadoop) {
        this.config = config;
        try {
            Path path = new Path(config.path());
            files = path.getFileSystem(hadoop);
            target = files.makeQualified(path);
        } catch (IOException | IllegalArgumentException e) {
            throw new DataException("output.path '" + config.path() + "' cannot be used: " + Failures.firstLine(e), e);
        }
        if (target.getParent() == null) {
            throw new DataException("output.path '" + target + "' is the root of a filesystem; name a folder in it");
        }
        workspace = new Path(target.getParent(), ".promptmill-" + UUID.randomUUID());
    }

    /** The output path with its filesystem. */
    Path target() {
        return target;
    }

    /** True where something is at the output path. */
    boolean exists() {
        try {
            return files.exists(target);
        } catch (IOException e) {
            throw new DataException("output.path '" + target + "' cannot be read: " + Failures.firstLine(e), e);
        }
    }

    /** Where the rows lie until {@link #publish}. */
    Path staging() {
        return new Path(workspace, target.getName());
    }

    /**
     * Checks that the output may be written, and can be.
     *
     * @param inputs that must not be replaced
     */
    void prepare(List<String> inputs) {
        try {
            if (files.exists(target)) {
                checkExisting(inputs);
            }
            files.mkdirs(workspace);
            // Also cleans up where the process is told to end while the job runs.
            files.deleteOnExit(workspace);
        } catch (IOException e) {
            throw new DataException("output.path '" + target + "' cannot be written: " + Failures.firstLine(e), e);
        }
    }

    /** Runs the job: every row is computed while it is written. */
    void write(Dataset<Row> rows) {
        Dataset<Row> gathered = config.partitions() > 0 ? rows.repartition(config.partitions()) : rows;
        gathered.write()
                .format(sourceName())
                .option("ignoreNullFields", "false")
                .mode(SaveMode.ErrorIfExists)
                .save(staging().toString());
    }

    /** Name of Spark's source that reads what was written. */
    String sourceName() {
        return config.format().equals("jsonl") ? "json" : config.format();
    }

    /** Moves what was written to the output path. */
    void publish() throws IOException {
        boolean exists = files.exists(target);
        if (exists && config.mode() == Mode.APPEND) {
            append();
        } else if (exists && config.mode() == Mode.OVERWRITE) {
            swap();
        } else if (exists) {
            throw new IOException(target + " has been created while the job ran; it is left as it is");
        } else {
            rename(staging(), target);
        }
    }

    /** Removes what is left beside the output path. Called on success and on failure. */
    void clean() {
        try {
            files.delete(workspace, true);
        } catch (IOException e) {
            LOG.warn("could not remove {}; it can be deleted by hand", workspace, e);
        }
    }

    private void checkExisting(List<String> inputs) throws IOException {
        if (config.mode() == Mode.ERROR) {
            throw new DataException("output.path '" + target
                    + "' exists; choose another, remove it, or set output.mode to overwrite or append");
        }
        if (!files.getFileStatus(target).isDirectory()) {
            throw new DataException("output.path '" + target + "' is a file; expected a folder");
        }
        if (config.mode() == Mode.OVERWRITE) {
            checkReplaceable(inputs);
        }
    }

    private void checkReplaceable(List<String> inputs) throws IOException {
        for (FileStatus status : files.listStatus(target)) {
            String name = status.getPath().getName();
            if (!name.startsWith("part-") && !name.startsWith("_") && !name.startsWith(".")) {
                throw new DataException("output.path '" + target + "' holds '" + name
                        + "', which no Spark job has written; it is not overwritten. Choose another path or remove it");
            }
        }
        for (String input : inputs) {
            Path path = files.makeQualified(new Path(input));
            for (Path folder = path; folder != null; folder = folder.getParent()) {
                if (folder.equals(target)) {
                    throw new DataException("output.path '" + target + "' holds the input '" + input
                            + "', which output.mode overwrite would remove; choose another output path");
                }
            }
        }
    }

    private void swap() throws IOException {
        Path previous = new Path(workspace, "previous");
        rename(target, previous);
        try {
            rename(staging(), target);
        } catch (IOException e) {
            rename(previous, target);
            throw e;
        }
    }

    private void append() throws IOException {
        List<Path> parts = new ArrayList<>();
        for (FileStatus status : files.listStatus(staging())) {
            if (status.getPath().getName().startsWith("part-")) {
                parts.add(status.getPath());
            }
        }
        for (Path part : parts) {
            rename(part, new Path(target, part.getName()));
        }
    }

    private void rename(Path from, Path to) throws IOException {
        if (!files.rename(from, to)) {
            throw new IOException("could not rename " + from + " to " + to);
        }
    }
}
