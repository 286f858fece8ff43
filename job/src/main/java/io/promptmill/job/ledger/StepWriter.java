package io.promptmill.job.ledger;

import java.io.IOException;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.hadoop.mapreduce.TaskAttemptID;
import org.apache.hadoop.mapreduce.TaskType;
import org.apache.hadoop.mapreduce.task.TaskAttemptContextImpl;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.datasources.OutputWriter;
import org.apache.spark.sql.execution.datasources.OutputWriterFactory;

/**
 * Writes the rows of one task in steps, each committed when it is complete. The output rows of one input row are never
 * divided between two steps. Belongs to one task: not thread-safe.
 */
final class StepWriter {
    private final LedgerFolder folder;
    private final String run;
    private final StepSchema schema;
    private final CommitInterval interval;
    private final OutputWriterFactory factory;
    private final TaskContext task;
    private final FileSystem files;
    private final TaskAttemptContext attempt;
    private final int error;

    private OutputWriter open;
    private Path path;
    private byte[] lastKey;
    private int number;
    private long rows;
    private long errors;
    private long begun;

    StepWriter(
            LedgerFolder folder,
            String run,
            StepSchema schema,
            CommitInterval interval,
            OutputWriterFactory factory,
            Configuration hadoop,
            TaskContext task)
            throws IOException {
        this.folder = folder;
        this.run = run;
        this.schema = schema;
        this.interval = interval;
        this.factory = factory;
        this.task = task;
        this.error = schema.error();
        files = folder.root().getFileSystem(hadoop);
        attempt = new TaskAttemptContextImpl(
                hadoop, new TaskAttemptID(run, task.stageId(), TaskType.MAP, task.partitionId(), task.attemptNumber()));
    }

    /** Writes a row and, where the step before it is long enough, commits that first. */
    void write(InternalRow row) throws IOException {
        byte[] key = row.getBinary(StepSchema.KEY);
        if (open != null && isDue() && !Arrays.equals(key, lastKey)) {
            commit();
        }
        if (open == null) {
            path = folder.step(CommittedStep.fileName(run, task.partitionId(), task.taskAttemptId(), number));
            open = factory.newInstance(path.toString(), schema.columns(), attempt);
            begun = System.nanoTime();
        }
        open.write(row);
        lastKey = key;
        rows++;
        errors += row.isNullAt(error) ? 0 : 1;
    }

    /** Commits what is left. */
    void finish() throws IOException {
        if (open != null) {
            commit();
        }
    }

    /** Commits what can be told to be complete, for a task that ends early. */
    void salvage() {
        if (open == null || schema.isExploded()) {
            // Of the last row, some completions may be missing.
            return;
        }
        try {
            commit();
        } catch (Exception alreadyFailing) {
            // The rows are computed again, as if the task had ended a moment earlier.
        }
    }

    /** Gives up the step that is not complete. */
    void abort() {
        if (open == null) {
            return;
        }
        try {
            open.close();
        } catch (Exception alreadyFailing) {
            // The task's own failure is the one to be told.
        }
        open = null;
        try {
            files.delete(path, false);
        } catch (IOException stays) {
            // No commit names it; it is removed with the next compaction.
        }
    }

    private boolean isDue() {
        return rows >= interval.rows() || System.nanoTime() - begun >= interval.seconds() * 1_000_000_000L;
    }

    private void commit() throws IOException {
        open.close();
        open = null;
        long bytes = files.getFileStatus(path).getLen();
        CommittedStep step =
                new CommittedStep(run, task.partitionId(), task.taskAttemptId(), number, rows, errors, bytes);
        files.create(folder.commit(step), false).close();
        number++;
        rows = 0;
        errors = 0;
    }
}
