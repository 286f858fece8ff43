package io.promptmill.job.ledger;

import java.util.Iterator;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.VoidFunction;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.datasources.OutputWriterFactory;
import org.apache.spark.util.SerializableConfiguration;

/** Commits the rows of a partition in steps. Immutable; travels to the executors. */
final class StepTask implements VoidFunction<Iterator<InternalRow>> {
    private static final long serialVersionUID = 1L;

    private final LedgerFolder folder;
    private final String run;
    private final StepSchema schema;
    private final CommitInterval interval;
    private final OutputWriterFactory factory;
    private final SerializableConfiguration hadoop;

    /** @param hadoop with the settings that the factory's writers read */
    StepTask(
            LedgerFolder folder,
            String run,
            StepSchema schema,
            CommitInterval interval,
            OutputWriterFactory factory,
            SerializableConfiguration hadoop) {
        this.folder = folder;
        this.run = run;
        this.schema = schema;
        this.interval = interval;
        this.factory = factory;
        this.hadoop = hadoop;
    }

    @Override
    public void call(Iterator<InternalRow> rows) throws Exception {
        StepWriter writer = new StepWriter(folder, run, schema, interval, factory, hadoop.value(), TaskContext.get());
        try {
            while (hasNext(rows, writer)) {
                writer.write(rows.next());
            }
            writer.finish();
        } catch (Throwable failure) {
            writer.abort();
            throw failure;
        }
    }

    /** Rows that were finished before the next one failed are as good as any, and are committed. */
    private static boolean hasNext(Iterator<InternalRow> rows, StepWriter writer) {
        try {
            return rows.hasNext();
        } catch (Throwable failure) {
            writer.salvage();
            throw failure;
        }
    }
}
