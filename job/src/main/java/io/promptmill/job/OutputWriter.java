package io.promptmill.job;

import io.promptmill.job.OutputConfig.Mode;
import io.promptmill.job.ledger.PartFiles;
import io.promptmill.udf.error.DataException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the output so that the path holds either what it held before or the whole result. Spark's committer writes to a
 * hidden folder beside the path; a rename publishes it. Rows that are complete are never removed here: where they cannot
 * be published, they stay in that folder. Used by one thread.
 */
final class OutputWriter {
    private static final Logger LOG = LoggerFactory.getLogger(OutputWriter.class);

    private final OutputConfig config;
    private final Configuration hadoop;
    private final OutputFiles rowFiles;
    private final FileSystem files;
    private final Path target;
    private final Path workspace;
    private final List<String> added = new ArrayList<>();

    /** Beside the workspace, not in it: what removes the workspace must not remove the output of an earlier job. */
    private final Path previous;

    /**
     * @throws DataException where the filesystem of the path cannot be reached
     */
    OutputWriter(OutputConfig config, Configuration hadoop) {
        this.config = config;
        this.hadoop = hadoop;
        rowFiles = new OutputFiles(config);
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
        String name = ".promptmill-" + UUID.randomUUID();
        workspace = new Path(target.getParent(), name);
        previous = new Path(target.getParent(), name + "-previous");
    }

    /** The output path with its filesystem. */
    Path target() {
        return target;
    }

    /**
     * True where something is at the output path.
     *
     * @throws DataException where the filesystem does not say
     */
    boolean exists() {
        try {
            return files.exists(target);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** Where the rows lie until {@link #publish}. */
    Path staging() {
        return new Path(workspace, target.getName());
    }

    /**
     * Checks that rows of this schema may go to the path.
     *
     * @throws DataException where what is there has other columns or another format
     */
    void checkAppend(SparkSession spark, StructType schema) {
        try {
            new OutputCheck(config, files, target).append(spark, schema);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /**
     * Checks that the output's format and folders can take such rows.
     *
     * @param added those of the columns that are the job's
     * @throws io.promptmill.udf.error.ConfigException where they cannot
     */
    void checkColumns(SparkSession spark, StructType schema, StructType added) {
        new OutputCheck(config, files, target).columns(spark, schema, List.of(added.fieldNames()));
    }

    /**
     * Checks that the output may be written, and can be.
     *
     * @param inputs that must not be replaced
     * @throws DataException where it may not or cannot
     */
    void prepare(List<String> inputs) {
        try {
            new OutputCheck(config, files, target).path(inputs, hadoop);
            files.mkdirs(workspace);
            // Also cleans up where the process is told to end while the job runs.
            files.deleteOnExit(workspace);
        } catch (IOException e) {
            throw new DataException("output.path '" + target + "' cannot be written: " + Failures.firstLine(e), e);
        }
    }

    /**
     * Checks that a resumable output may be written to the path: nothing is there, or such an output.
     *
     * @param inputs that must not lie in it
     * @throws DataException where it may not
     */
    void checkResume(List<String> inputs) {
        try {
            new OutputCheck(config, files, target).resume(inputs, hadoop);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** Runs the job: every row is computed while it is written. */
    void write(Dataset<Row> rows) throws IOException {
        rowFiles.write(rows, staging());
    }

    /** Writes the rows of a resumable job, in their order, into a folder that is not there yet. */
    void write(ResultRows rows, UnaryOperator<Dataset<Row>> marking, Path folder) throws IOException {
        rowFiles.writeOrdered(number -> marking.apply(rows.ordered(number)), rows.files(), folder);
    }

    /** The rows of folders or files that were written. */
    Dataset<Row> read(SparkSession spark, StructType schema, List<Path> written) {
        // Files that were added to others.
        boolean single = config.mode() == Mode.APPEND && !written.contains(staging()) && !written.contains(target);
        return rowFiles.read(spark, schema, written, single ? target : null);
    }

    /** From here on the rows stay in the workspace, whatever happens, until {@link #clean} removes it. */
    void keep() {
        files.cancelDeleteOnExit(workspace);
    }

    /**
     * Adds a file that is published together with the rows.
     *
     * @param name beginning with an underscore, so that readers of the rows pass over it; where rows are appended beside a
     *     file of this name, it gets a number
     */
    void addFile(String name, String text) throws IOException {
        try (OutputStream out = files.create(new Path(staging(), name))) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        added.add(name);
    }

    /**
     * Moves what was written to the output path.
     *
     * @return the folder or files that hold this job's rows now
     * @throws IOException where that fails; the path is as it was, unless the message says otherwise, and the rows that
     *     were not moved are in the workspace
     */
    List<Path> publish() throws IOException {
        keep();
        boolean exists = files.exists(target);
        if (exists && config.mode() == Mode.APPEND) {
            return append();
        }
        if (exists && config.mode() == Mode.OVERWRITE) {
            swap();
        } else if (exists) {
            throw new IOException(target + " has been created while the job ran; it is left as it is");
        } else {
            rename(staging(), target);
        }
        return List.of(target);
    }

    /** Removes the workspace: when its rows are published, or are not all there. */
    void clean() {
        delete(workspace);
    }

    private void swap() throws IOException {
        rename(target, previous);
        try {
            rename(staging(), target);
        } catch (IOException e) {
            try {
                rename(previous, target);
            } catch (IOException back) {
                e.addSuppressed(back);
                throw new IOException(
                        Failures.firstLine(e) + "; what was there before is in " + previous
                                + " and could not be moved back (" + Failures.firstLine(back) + ")",
                        e);
            }
            throw e;
        }
        delete(previous);
    }

    private List<Path> append() throws IOException {
        List<Path> moved = new ArrayList<>();
        for (String part : PartFiles.below(files, staging())) {
            Path to = new Path(target, part);
            files.mkdirs(to.getParent());
            move(new Path(staging(), part), to, moved);
        }
        List<Path> rows = List.copyOf(moved);
        for (String name : added) {
            move(new Path(staging(), name), unused(name), moved);
        }
        return rows;
    }

    private void move(Path from, Path to, List<Path> moved) throws IOException {
        try {
            rename(from, to);
        } catch (IOException e) {
            takeBack(moved, e);
            throw e;
        }
        moved.add(to);
    }

    /** The name or, where earlier rows have such a file, {@code name-2.ending} and so on. */
    private Path unused(String name) throws IOException {
        Path path = new Path(target, name);
        int dot = name.lastIndexOf('.');
        for (int number = 2; files.exists(path); number++) {
            path = new Path(target, name.substring(0, dot) + "-" + number + name.substring(dot));
        }
        return path;
    }

    private void takeBack(List<Path> moved, IOException cause) throws IOException {
        for (Path part : moved) {
            try {
                rename(part, new Path(staging(), relative(part)));
            } catch (IOException e) {
                cause.addSuppressed(e);
                throw new IOException(
                        Failures.firstLine(cause) + "; of this job's files, " + part.getName()
                                + " and perhaps others are in " + target + " already and could not be moved back",
                        cause);
            }
        }
    }

    private String relative(Path part) {
        return part.toUri().getPath().substring(target.toUri().getPath().length() + 1);
    }

    private void rename(Path from, Path to) throws IOException {
        if (!files.rename(from, to)) {
            throw new IOException("could not rename " + from + " to " + to);
        }
    }

    private void delete(Path folder) {
        try {
            files.delete(folder, true);
        } catch (IOException e) {
            LOG.warn("could not remove {}; it can be deleted by hand", folder, e);
        }
    }

    private DataException unreadable(IOException e) {
        return new DataException("output.path '" + target + "' cannot be read: " + Failures.firstLine(e), e);
    }
}
