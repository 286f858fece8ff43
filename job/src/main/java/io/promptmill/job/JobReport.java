package io.promptmill.job;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;

import io.promptmill.udf.spark.GenerateMetrics;
import io.promptmill.udf.spark.OutputSchema;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What a job has done, counted in the rows that it wrote: accumulators count a retried task twice.
 *
 * @param reasons errors by reason, the most frequent first
 * @param samples the first rows as a table
 */
record JobReport(
        long rows,
        long errors,
        long promptTokens,
        long completionTokens,
        Map<String, Long> reasons,
        long modelLoads,
        double seconds,
        String path,
        String samples) {
    private static final int REASONS = 5;
    private static final int SAMPLE_ROWS = 3;

    /**
     * @param written every row of the output
     * @param id column to show beside the completions, or null
     */
    static JobReport of(Dataset<Row> written, String id, GenerateMetrics metrics, double seconds, String path) {
        List<Row> byError = written.groupBy(OutputSchema.ERROR)
                .agg(count(lit(1)), sum(col(OutputSchema.PROMPT_TOKENS)), sum(col(OutputSchema.COMPLETION_TOKENS)))
                .orderBy(count(lit(1)).desc())
                .collectAsList();
        long rows = 0;
        long errors = 0;
        long promptTokens = 0;
        long completionTokens = 0;
        Map<String, Long> reasons = new LinkedHashMap<>();
        for (Row group : byError) {
            rows += group.getLong(1);
            promptTokens += group.isNullAt(2) ? 0 : group.getLong(2);
            completionTokens += group.isNullAt(3) ? 0 : group.getLong(3);
            if (!group.isNullAt(0)) {
                errors += group.getLong(1);
                if (reasons.size() < REASONS) {
                    reasons.put(group.getString(0), group.getLong(1));
                }
            }
        }
        List<String> shown = new ArrayList<>(List.of(OutputSchema.COMPLETION, OutputSchema.FINISH_REASON));
        if (id != null) {
            shown.add(0, id);
        }
        if (errors > 0) {
            shown.add(OutputSchema.ERROR);
        }
        String samples = rows == 0
                ? ""
                : Table.of(Table.select(written, shown), SAMPLE_ROWS).format(Terminal.columns());
        return new JobReport(
                rows,
                errors,
                promptTokens,
                completionTokens,
                reasons,
                metrics.modelLoads().value(),
                seconds,
                path,
                samples);
    }

    void print(PrintStream out) {
        if (!samples.isEmpty()) {
            out.println(samples);
        }
        double rate = (promptTokens + completionTokens) / Math.max(seconds, 1e-9);
        line(out, "rows", String.format(Locale.ROOT, "%,d", rows));
        line(out, "tokens", String.format(Locale.ROOT, "%,d prompt, %,d completion", promptTokens, completionTokens));
        line(out, "speed", String.format(Locale.ROOT, "%,.0f tokens/s, model loading included", rate));
        line(out, "errors", String.format(Locale.ROOT, "%,d", errors));
        reasons.forEach((reason, number) -> out.printf(Locale.ROOT, "  %,d x %s%n", number, reason));
        line(out, "model loads", Long.toString(modelLoads));
        line(out, "time", Durations.format(seconds));
        line(out, "output", path);
        out.flush();
    }

    private static void line(PrintStream out, String name, String value) {
        out.printf("%-12s %s%n", name, value);
    }
}
