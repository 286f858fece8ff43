package io.promptmill.job;

import io.promptmill.udf.error.ConfigException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints rows of an output or an input. */
@Command(
        name = "show",
        description = "Prints rows of Parquet, JSON, CSV or text files.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class ShowCommand implements Callable<Integer> {

    /** Forms of output. */
    enum OutputForm {
        TABLE,
        JSONL
    }

    @Parameters(paramLabel = "PATH", description = "file, folder or glob")
    private String path;

    @Option(names = "--limit", paramLabel = "N", defaultValue = "20", description = "rows at most (${DEFAULT-VALUE})")
    private int limit;

    @Option(names = "--columns", paramLabel = "A,B", split = ",", description = "columns to show; all by default")
    private List<String> columns = List.of();

    @Option(
            names = "--format",
            paramLabel = "FORM",
            defaultValue = "table",
            description = "table, whose cells are cut to the width of the terminal, or jsonl, which is complete")
    private OutputForm form;

    @Override
    public Integer call() throws IOException {
        if (limit < 1) {
            throw new ConfigException("--limit is " + limit + "; expected 1 or more");
        }
        try (SparkSession spark = SparkSessions.openForReading()) {
            Dataset<Row> rows = select(new InputReader(spark, InputConfig.ofPath(path)).open(List.of()));
            if (form == OutputForm.TABLE) {
                System.out.print(Table.of(rows, limit).format(Terminal.columns()));
            } else {
                spark.conf().set("spark.sql.jsonGenerator.ignoreNullFields", "false");
                rows.limit(limit).toJSON().collectAsList().forEach(System.out::println);
            }
            System.out.flush();
        }
        return 0;
    }

    private Dataset<Row> select(Dataset<Row> rows) {
        List<String> present = Arrays.asList(rows.columns());
        for (String column : columns) {
            if (!present.contains(column)) {
                throw new ConfigException(
                        "'" + path + "' has no column '" + column + "'; it has " + String.join(", ", present));
            }
        }
        return columns.isEmpty() ? rows : Table.select(rows, columns);
    }
}
