package io.promptmill.job.ledger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Set;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Hands a function the rows of a partition that no earlier attempt of the same task has committed. Immutable; travels to
 * the executors.
 */
final class SkipCommitted implements MapPartitionsFunction<Row, Row> {
    private static final long serialVersionUID = 1L;

    private final MapPartitionsFunction<Row, Row> function;
    private final LedgerFolder folder;
    private final String run;
    private final int key;
    private final SerializableConfiguration hadoop;

    /** @param key index of {@link RowKeys#KEY} in the rows */
    SkipCommitted(
            MapPartitionsFunction<Row, Row> function,
            LedgerFolder folder,
            String run,
            int key,
            SerializableConfiguration hadoop) {
        this.function = function;
        this.folder = folder;
        this.run = run;
        this.key = key;
        this.hadoop = hadoop;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) throws Exception {
        TaskContext task = TaskContext.get();
        if (task.attemptNumber() == 0 && task.stageAttemptNumber() == 0) {
            return function.call(rows);
        }
        Set<ByteBuffer> committed = committed(task);
        return function.call(committed.isEmpty() ? rows : new Remaining(rows, committed, key));
    }

    private Set<ByteBuffer> committed(TaskContext task) throws IOException {
        return CommittedKeys.read(folder, run, task.partitionId(), hadoop.value());
    }

    /** The rows whose keys are not in a set. */
    private static final class Remaining implements Iterator<Row> {
        private final Iterator<Row> rows;
        private final Set<ByteBuffer> committed;
        private final int key;
        private Row next;

        private Remaining(Iterator<Row> rows, Set<ByteBuffer> committed, int key) {
            this.rows = rows;
            this.committed = committed;
            this.key = key;
        }

        @Override
        public boolean hasNext() {
            while (next == null && rows.hasNext()) {
                Row row = rows.next();
                next = committed.contains(ByteBuffer.wrap(row.getAs(key))) ? null : row;
            }
            return next != null;
        }

        @Override
        public Row next() {
            if (!hasNext()) {
                throw new NoSuchElementException("no rows are left in this partition");
            }
            Row row = next;
            next = null;
            return row;
        }
    }
}
