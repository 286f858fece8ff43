package io.promptmill.job.ledger;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.row_number;

import io.promptmill.udf.spark.OutputSchema;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapreduce.Job;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.OutputWriterFactory;
import org.apache.spark.sql.execution.datasources.parquet.ParquetFileFormat;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.collection.immutable.Map$;

/**
 * The rows that the runs of a job have finished, by the keys of their inputs. A row is in it from the moment that its step is
 * committed, whatever happens to the driver or the executors then; two attempts may both commit a row, which is one when
 * it is read. Used by one thread of the driver.
 */
public final class Ledger {
    private static final Logger LOG = LoggerFactory.getLogger(Ledger.class);
    private static final String RANK = "_promptmill_rank";

    /** From so many steps on they are put together, into files of this size. */
    private static final int COMPACTED_STEPS = 8;

    private static final long COMPACTED_BYTES = 128L << 20;

    private final SparkSession spark;
    private final LedgerFolder folder;
    private final FileSystem files;
    private final StepSchema schema;
    private final String run;

    /**
     * @param output the output path, qualified
     * @param added the columns that the job adds to its input
     * @param run letters and digits that no other run has, in the order of time
     */
    public Ledger(SparkSession spark, Path output, StructType added, String run) throws IOException {
        this(
                spark,
                new LedgerFolder(output.toString()),
                output.getFileSystem(spark.sparkContext().hadoopConfiguration()),
                StepSchema.of(added),
                run);
    }

    private Ledger(SparkSession spark, LedgerFolder folder, FileSystem files, StepSchema schema, String run) {
        this.spark = spark;
        this.folder = folder;
        this.files = files;
        this.schema = schema;
        this.run = run;
    }

    /** True where an output has a ledger. */
    public static boolean exists(FileSystem files, Path output) throws IOException {
        return files.exists(new LedgerFolder(output.toString()).root());
    }

    /** Makes the folders, so that a place that cannot be written is found before the first row. */
    public void prepare() throws IOException {
        files.mkdirs(folder.steps());
        files.mkdirs(folder.commits());
        files.mkdirs(folder.journal());
    }

    /** How many keys have a result. */
    public long keys() throws IOException {
        return steps().isEmpty() ? 0 : results().select(RowKeys.KEY).distinct().count();
    }

    /**
     * The latest result of every key, with the columns of the job behind {@link RowKeys#KEY}: a later attempt's before an
     * earlier one's, then one without an error.
     */
    public Dataset<Row> results() throws IOException {
        return latest(steps());
    }

    private Dataset<Row> latest(List<CommittedStep> steps) {
        String[] paths = steps.stream()
                .map(step -> folder.step(step.fileName()).toString())
                .toArray(String[]::new);
        if (paths.length == 0) {
            return spark.createDataFrame(List.of(), schema.columns());
        }
        return latest(spark.read().schema(schema.columns()).parquet(paths));
    }

    private Dataset<Row> latest(Dataset<Row> steps) {
        Column[] identity = schema.isExploded()
                ? new Column[] {col(RowKeys.KEY), col(OutputSchema.COMPLETION_INDEX)}
                : new Column[] {col(RowKeys.KEY)};
        WindowSpec attempts = Window.partitionBy(identity)
                .orderBy(
                        col(OutputSchema.ATTEMPTS).desc(),
                        col(OutputSchema.ERROR).isNull().desc());
        return steps.withColumn(RANK, row_number().over(attempts))
                .filter(col(RANK).equalTo(1))
                .drop(RANK);
    }

    /** The function for the rows that an attempt of a task finds uncommitted. Rows have {@link RowKeys#KEY} first. */
    public MapPartitionsFunction<Row, Row> skipping(MapPartitionsFunction<Row, Row> function, StructType input) {
        return new SkipCommitted(
                function, folder, run, input.fieldIndex(RowKeys.KEY), new SerializableConfiguration(hadoop()));
    }

    /**
     * Computes and commits rows.
     *
     * @param rows with {@link RowKeys#KEY} and the columns of the job
     */
    public void commit(Dataset<Row> rows, CommitInterval interval) throws IOException {
        Job job = Job.getInstance(hadoop());
        OutputWriterFactory factory =
                new ParquetFileFormat().prepareWrite(spark, job, Map$.MODULE$.empty(), schema.columns());
        rows.select(ColumnNames.quoted(schema.columns().fieldNames()))
                .queryExecution()
                .toRdd()
                .toJavaRDD()
                .foreachPartition(new StepTask(
                        folder, run, schema, interval, factory, new SerializableConfiguration(job.getConfiguration())));
    }

    /** Puts many small steps together and removes what no commit names. No other run may be under way. */
    public void compact() throws IOException {
        // Those that are large stay as they are: a ledger that grows for months is not written anew each time.
        List<CommittedStep> before = steps().stream()
                .filter(step -> step.bytes() < COMPACTED_BYTES / 2)
                .toList();
        if (before.size() >= COMPACTED_STEPS) {
            long bytes = before.stream().mapToLong(CommittedStep::bytes).sum();
            int parts = (int) (bytes / COMPACTED_BYTES) + 1;
            new Ledger(spark, folder, files, schema, run + "c")
                    .commit(latest(before).repartition(parts), new CommitInterval(Long.MAX_VALUE, Integer.MAX_VALUE));
            for (CommittedStep step : before) {
                // The commit first: a commit without its file would be taken for damage.
                files.delete(folder.commit(step), false);
            }
        }
        removeStrays();
    }

    private void removeStrays() throws IOException {
        Set<String> named = steps().stream().map(CommittedStep::fileName).collect(Collectors.toSet());
        for (FileStatus file : files.listStatus(folder.steps())) {
            if (!named.contains(file.getPath().getName())) {
                files.delete(file.getPath(), true);
            }
        }
    }

    /** The committed steps. One whose file is not there as it was committed is passed over: its rows are computed again. */
    private List<CommittedStep> steps() throws IOException {
        Map<String, Long> sizes = new HashMap<>();
        List<CommittedStep> all = CommittedKeys.steps(files, folder, "");
        if (all.isEmpty()) {
            return all;
        }
        for (FileStatus file : files.listStatus(folder.steps())) {
            sizes.put(file.getPath().getName(), file.getLen());
        }
        List<CommittedStep> whole = new ArrayList<>();
        for (CommittedStep step : all) {
            Long size = sizes.get(step.fileName());
            if (size == null || size != step.bytes()) {
                LOG.warn(
                        "{} has {} bytes where {} were committed; its {} rows are computed again",
                        folder.step(step.fileName()),
                        size == null ? "no" : size,
                        step.bytes(),
                        step.rows());
            } else {
                whole.add(step);
            }
        }
        return whole;
    }

    private Configuration hadoop() {
        return spark.sparkContext().hadoopConfiguration();
    }
}
