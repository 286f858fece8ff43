package io.promptmill.job;

import static io.promptmill.job.ledger.ColumnNames.quoted;

import io.promptmill.job.ledger.JsonText;
import io.promptmill.job.ledger.PartFiles;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.apache.hadoop.fs.ContentSummary;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.DataFrameWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes rows to files of a format and layout, and reads them back. Immutable. */
final class OutputFiles {
    /** Files that are this much larger or smaller than wanted are left as they are. */
    private static final double TOLERANCE = 2;

    private static final String TEXT_ENDING = ".txt";

    private static final Logger LOG = LoggerFactory.getLogger(OutputFiles.class);

    private final OutputFormat format;
    private final FileLayout layout;

    OutputFiles(OutputConfig config) {
        this.format = config.format();
        this.layout = config.layout();
    }

    /** Computes rows, in any order, and writes them into a folder that is not there yet. */
    void write(Dataset<Row> rows, Path folder) throws IOException {
        FileSystem files =
                folder.getFileSystem(rows.sparkSession().sparkContext().hadoopConfiguration());
        int partitions = layout.partitions();
        save(partitions > 0 ? rows.repartition(partitions) : rows, folder, layout.maxRows());
        if (layout.targetBytes() == 0) {
            return;
        }
        // Rows are computed while they are written; how many bytes they take is known only then.
        Path once = new Path(folder.getParent(), folder.getName() + "-as-computed");
        try {
            resize(rows.sparkSession(), rows.schema(), folder, once, files);
        } catch (Exception e) {
            // Spark's checked exceptions are not declared by its Java-visible signatures.
            LOG.warn("the rows stay in files of other sizes than output.target_file_size: {}", Failures.firstLine(e));
            if (files.exists(once)) {
                files.delete(folder, true);
                rename(files, once, folder);
            }
        }
    }

    /** Writes the rows of a folder once more where its files are too large or too small. */
    private void resize(SparkSession spark, StructType schema, Path folder, Path once, FileSystem files)
            throws IOException {
        Size size = Size.of(spark, this, schema, folder, files);
        if (size.fits(layout.targetBytes())) {
            return;
        }
        rename(files, folder, once);
        StructType stored = stored(schema);
        Dataset<Row> read = readStored(spark, stored, List.of(once), null);
        Dataset<Row> written = format == OutputFormat.CSV ? CsvColumns.withEmpty(read) : read;
        int wanted = size.files(layout.targetBytes());
        saveStored(gathered(marked(written, stored), wanted), folder, size.rowsPerFile(layout, wanted));
        files.delete(once, true);
    }

    private static void rename(FileSystem files, Path from, Path to) throws IOException {
        if (!files.rename(from, to)) {
            throw new IOException("could not rename " + from + " to " + to);
        }
    }

    /**
     * Writes rows that have an order.
     *
     * @param rows by the number of files that they are to be gathered in
     * @param guess of that number
     */
    void writeOrdered(IntFunction<Dataset<Row>> rows, int guess, Path folder) throws IOException {
        Dataset<Row> first = rows.apply(layout.partitions() > 0 ? layout.partitions() : guess);
        SparkSession spark = first.sparkSession();
        FileSystem files = folder.getFileSystem(spark.sparkContext().hadoopConfiguration());
        save(first, folder, layout.maxRows());
        if (layout.targetBytes() == 0) {
            return;
        }
        Size size = Size.of(spark, this, first.schema(), folder, files);
        if (!size.fits(layout.targetBytes())) {
            int wanted = size.files(layout.targetBytes());
            files.delete(folder, true);
            save(rows.apply(wanted), folder, size.rowsPerFile(layout, wanted));
        }
    }

    /** The columns by whose values rows lie in folders. */
    Column[] partitionColumns() {
        return quoted(layout.partitionBy());
    }

    /**
     * The rows of folders or files that were written with that schema.
     *
     * @param written folders or, below the first one's, files
     */
    Dataset<Row> read(SparkSession spark, StructType schema, List<Path> written) {
        return read(spark, schema, written, null);
    }

    /** As above, where {@code written} are files below a folder. */
    Dataset<Row> read(SparkSession spark, StructType schema, List<Path> written, Path folder) {
        return restored(readStored(spark, stored(schema), written, folder), schema);
    }

    /** The rows as files hold them. */
    private Dataset<Row> readStored(SparkSession spark, StructType stored, List<Path> written, Path folder) {
        Map<String, String> options = new TreeMap<>(options());
        options.remove("compression");
        // A column of the usual name is one like others here.
        options.put("columnNameOfCorruptRecord", "_promptmill_unreadable");
        if (format == OutputFormat.CSV) {
            options.putAll(CsvColumns.READING);
        }
        if (folder != null) {
            options.put("basePath", folder.toString());
        }
        return spark.read()
                .schema(stored)
                .format(format.source())
                .options(options)
                .load(written.stream().map(Path::toString).toArray(String[]::new))
                // Columns of folders come last otherwise.
                .select(quoted(stored.fieldNames()));
    }

    private StructType stored(StructType schema) {
        return switch (format) {
            case CSV -> CsvColumns.stored(schema);
            case AVRO -> AvroColumns.stored(schema);
            case OPENAI_BATCH -> OpenAiResponses.stored(schema, layout.partitionBy());
            default -> schema;
        };
    }

    private Dataset<Row> asStored(Dataset<Row> rows) {
        return switch (format) {
            case CSV -> CsvColumns.asText(rows);
            case AVRO -> AvroColumns.cast(rows, AvroColumns.stored(rows.schema()));
            case OPENAI_BATCH -> OpenAiResponses.asText(rows, layout.partitionBy());
            default -> rows;
        };
    }

    private Dataset<Row> restored(Dataset<Row> rows, StructType schema) {
        return switch (format) {
            case CSV -> CsvColumns.restored(rows, schema);
            case AVRO -> AvroColumns.cast(rows, schema);
            case OPENAI_BATCH -> OpenAiResponses.restored(rows, schema, layout.partitionBy());
            default -> rows;
        };
    }

    /** Files of readers that look at columns' metadata keep it. */
    private static Dataset<Row> marked(Dataset<Row> rows, StructType schema) {
        return rows.select(Arrays.stream(schema.fields())
                .map(field -> quoted(field.name()).as(field.name(), field.metadata()))
                .toArray(Column[]::new));
    }

    private Dataset<Row> gathered(Dataset<Row> rows, int number) {
        return layout.partitionBy().isEmpty() ? rows.repartition(number) : rows.repartition(partitionColumns());
    }

    private void save(Dataset<Row> rows, Path folder, long maxRows) throws IOException {
        saveStored(asStored(rows), folder, maxRows);
    }

    private void saveStored(Dataset<Row> stored, Path folder, long maxRows) throws IOException {
        DataFrameWriter<Row> writer =
                stored.write().format(format.source()).options(options()).mode(SaveMode.ErrorIfExists);
        if (maxRows > 0) {
            writer = writer.option("maxRecordsPerFile", maxRows);
        }
        if (!layout.partitionBy().isEmpty()) {
            writer = writer.partitionBy(layout.partitionBy().toArray(String[]::new));
        }
        writer.save(folder.toString());
        if (format == OutputFormat.OPENAI_BATCH) {
            nameAsJson(folder.getFileSystem(stored.sparkSession().sparkContext().hadoopConfiguration()), folder);
        }
    }

    /** Spark names what is written as text so, and readers go by the ending. */
    private void nameAsJson(FileSystem files, Path folder) throws IOException {
        for (String name : PartFiles.below(files, folder)) {
            int ending = name.lastIndexOf(TEXT_ENDING);
            String json = name.substring(0, ending) + format.ending() + name.substring(ending + TEXT_ENDING.length());
            if (!files.rename(new Path(folder, name), new Path(folder, json))) {
                throw new IOException("could not rename " + name + " in " + folder + " to " + json);
            }
        }
    }

    private Map<String, String> options() {
        Map<String, String> options = new TreeMap<>();
        if (format == OutputFormat.JSONL) {
            options.putAll(JsonText.OPTIONS);
        }
        if (format == OutputFormat.CSV) {
            options.putAll(CsvColumns.OPTIONS);
        }
        if (layout.compression() != null) {
            options.put("compression", format.option(layout.compression()));
        }
        return options;
    }

    /** What was written: rows, bytes and files. */
    private record Size(long rows, long bytes, long count, boolean inFolders) {

        static Size of(SparkSession spark, OutputFiles output, StructType schema, Path folder, FileSystem files)
                throws IOException {
            ContentSummary summary = files.getContentSummary(folder);
            long count = PartFiles.below(files, folder).size();
            long rows = output.read(spark, schema, List.of(folder)).count();
            return new Size(
                    rows,
                    summary.getLength(),
                    count,
                    !output.layout.partitionBy().isEmpty());
        }

        boolean fits(long target) {
            double mean = (double) bytes / Math.max(1, count);
            boolean tooLarge = mean > target * TOLERANCE;
            boolean tooSmall = mean * TOLERANCE < target && count > 1;
            return !tooLarge && !tooSmall;
        }

        int files(long target) {
            return (int) Math.max(1, Math.min(100_000, (bytes + target / 2) / target));
        }

        /** In folders, files are as many as there are values, or more where those have many rows. */
        long rowsPerFile(FileLayout layout, int wanted) {
            long sized = inFolders ? Math.max(1, rows / wanted) : 0;
            return layout.maxRows() == 0 ? sized : sized == 0 ? layout.maxRows() : Math.min(sized, layout.maxRows());
        }
    }
}
