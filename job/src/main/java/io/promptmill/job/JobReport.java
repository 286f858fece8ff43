package io.promptmill.job;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import io.promptmill.udf.engine.FinishReason;
import io.promptmill.udf.spark.Flaw;
import io.promptmill.udf.spark.GenerateMetrics;
import io.promptmill.udf.spark.OutputSchema;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;

/**
 * What a job has done, counted in the rows that it wrote: accumulators count a retried task twice.
 *
 * @param flaws of the rows, those resumed included
 * @param tokens of them
 * @param reasons errors by reason, the most frequent first
 * @param work of the engines
 * @param samples the first rows as a table
 * @param remarks what the rows do not tell
 */
record JobReport(
        FlawCounts flaws,
        Tokens tokens,
        Map<String, Long> reasons,
        EngineWork work,
        double seconds,
        String path,
        String samples,
        Remarks remarks) {

    /** Tokens of prompts that were computed, and of completions. */
    record Tokens(long prompt, long completion) {}

    /**
     * What the engines did in this run; too much where a task was retried.
     *
     * @param rows computed
     * @param copiedRows that were given the completion of an equal one
     * @param reusedPromptTokens that were not computed, because other prompts begin alike
     */
    record EngineWork(long rows, long modelLoads, long copiedRows, long reusedPromptTokens) {
        static EngineWork of(GenerateMetrics metrics) {
            return new EngineWork(
                    metrics.rows().value(),
                    metrics.modelLoads().value(),
                    metrics.copiedRows().value(),
                    metrics.reusedPromptTokens().value());
        }
    }

    /**
     * What is to be said besides.
     *
     * @param evaluation or null
     * @param resumedRows that earlier runs had finished
     * @param droppedRows of this run that have an error and were not written
     */
    record Remarks(EvaluationReport evaluation, long resumedRows, long droppedRows, List<String> warnings) {
        static final Remarks NONE = new Remarks(null, 0, 0, List.of());
    }

    private static final int REASONS = 5;
    private static final int SAMPLE_ROWS = 3;

    /**
     * Counts what was written.
     *
     * @param written every row of the output
     * @param added columns that the job has added
     * @param columns of the rows that are shown; errors are added where there are any
     */
    static JobReport of(
            Dataset<Row> written,
            StructType added,
            List<String> columns,
            GenerateMetrics metrics,
            double seconds,
            String path) {
        // A job that makes no completions may have a column of that name in its input.
        Column empty = List.of(added.fieldNames()).contains(OutputSchema.COMPLETION)
                ? not(col(OutputSchema.COMPLETION).rlike("\\S"))
                : lit(false);
        Row totals = written.agg(
                        count(lit(1)),
                        count(col(OutputSchema.ERROR)),
                        // A refused row's prompt was counted, but not computed.
                        sum(when(col(OutputSchema.ERROR).isNull(), col(OutputSchema.PROMPT_TOKENS))),
                        sum(col(OutputSchema.COMPLETION_TOKENS)),
                        count(when(empty, 1)),
                        count(when(col(OutputSchema.FINISH_REASON).equalTo(FinishReason.LENGTH.label()), 1)),
                        count(when(col(OutputSchema.FINISH_REASON).equalTo(FinishReason.REPETITION.label()), 1)))
                .first();
        long rows = totals.getLong(0);
        long errors = totals.getLong(1);
        List<String> shown = new ArrayList<>(columns);
        if (errors > 0) {
            shown.add(OutputSchema.ERROR);
        }
        String samples = rows == 0
                ? ""
                : Table.of(Table.select(written, shown), SAMPLE_ROWS).format(Terminal.columns());
        return new JobReport(
                new FlawCounts(
                        rows,
                        Map.of(
                                Flaw.INVALID, errors,
                                Flaw.EMPTY, totals.getLong(4),
                                Flaw.LENGTH, totals.getLong(5),
                                Flaw.REPETITION, totals.getLong(6))),
                new Tokens(totals.isNullAt(2) ? 0 : totals.getLong(2), totals.isNullAt(3) ? 0 : totals.getLong(3)),
                errors == 0 ? Map.of() : reasons(written),
                EngineWork.of(metrics),
                seconds,
                path,
                samples,
                Remarks.NONE);
    }

    /** What the accumulators say, for rows that cannot be read back: too much where a task was retried. */
    static JobReport estimated(GenerateMetrics metrics, double seconds, String path) {
        return new JobReport(
                FlawCounts.of(metrics, LongAccumulator::value),
                new Tokens(
                        metrics.promptTokens().value(),
                        metrics.completionTokens().value()),
                Map.of(),
                EngineWork.of(metrics),
                seconds,
                path,
                "",
                Remarks.NONE);
    }

    /** With the figures of an evaluation, or null. */
    JobReport with(EvaluationReport figures) {
        return with(new Remarks(figures, remarks.resumedRows(), remarks.droppedRows(), remarks.warnings()));
    }

    /** With the number of rows that earlier runs had finished. */
    JobReport resumed(long before) {
        return with(new Remarks(remarks.evaluation(), before, remarks.droppedRows(), remarks.warnings()));
    }

    /**
     * With what is to be said about flaws that nearly all rows have.
     *
     * @param dropped rows that were not written, because they have an error
     * @param others warnings
     */
    JobReport judged(EarlyStop policy, long dropped, List<String> others) {
        List<String> warnings =
                Stream.concat(policy.warnings(flaws).stream(), others.stream()).toList();
        return with(new Remarks(remarks.evaluation(), remarks.resumedRows(), dropped, warnings));
    }

    private JobReport with(Remarks newRemarks) {
        return new JobReport(flaws, tokens, reasons, work, seconds, path, samples, newRemarks);
    }

    long rows() {
        return flaws.rows();
    }

    long errors() {
        return flaws.of(Flaw.INVALID);
    }

    /** The most frequent errors and how many rows have them. As many reasons as rows may exist: a few reach the driver. */
    static Map<String, Long> reasons(Dataset<Row> written) {
        Map<String, Long> reasons = new LinkedHashMap<>();
        written.filter(col(OutputSchema.ERROR).isNotNull())
                .groupBy(OutputSchema.ERROR)
                .agg(count(lit(1)).as("rows"))
                .orderBy(col("rows").desc(), col(OutputSchema.ERROR))
                .limit(REASONS)
                .collectAsList()
                .forEach(group -> reasons.put(group.getString(0), group.getLong(1)));
        return reasons;
    }

    void print(PrintStream out) {
        if (!samples.isEmpty()) {
            out.println(samples);
        }
        double rate = (tokens.prompt() + tokens.completion()) / Math.max(seconds, 1e-9);
        line(out, "rows", String.format(Locale.ROOT, "%,d", rows()));
        if (remarks.resumedRows() > 0) {
            line(
                    out,
                    "resumed",
                    String.format(
                            Locale.ROOT,
                            "%,d rows were finished before, %,d computed now",
                            remarks.resumedRows(),
                            work.rows()));
        }
        line(
                out,
                "tokens",
                String.format(Locale.ROOT, "%,d prompt, %,d completion", tokens.prompt(), tokens.completion()));
        line(out, "speed", String.format(Locale.ROOT, "%,.0f tokens/s, model loading included", rate));
        if (work.reusedPromptTokens() > 0) {
            line(
                    out,
                    "shared",
                    String.format(
                            Locale.ROOT,
                            "%,d prompt tokens not computed, because prompts begin alike",
                            work.reusedPromptTokens()));
        }
        if (work.copiedRows() > 0) {
            line(
                    out,
                    "copied",
                    String.format(Locale.ROOT, "%,d rows, equal to another and computed once", work.copiedRows()));
        }
        line(out, "errors", String.format(Locale.ROOT, "%,d", errors()));
        if (remarks.droppedRows() > 0) {
            line(
                    out,
                    "dropped",
                    String.format(Locale.ROOT, "%,d rows with an error (on_error is drop)", remarks.droppedRows()));
        }
        reasons.forEach((reason, number) -> out.printf(Locale.ROOT, "  %,d x %s%n", number, reason));
        long others =
                errors() - reasons.values().stream().mapToLong(Long::longValue).sum();
        if (others > 0) {
            out.printf(Locale.ROOT, "  and %,d more; see column error%n", others);
        }
        countLine(out, "empty", Flaw.EMPTY, "completions");
        countLine(out, "cut off", Flaw.LENGTH, "completions (finish_reason is length)");
        countLine(out, "looping", Flaw.REPETITION, "completions (finish_reason is repetition)");
        remarks.warnings().forEach(warning -> line(out, "warning", warning));
        line(out, "model loads", Long.toString(work.modelLoads()));
        line(out, "time", Durations.format(seconds));
        line(out, "output", path);
        out.flush();
        if (remarks.evaluation() != null) {
            remarks.evaluation().print(out);
        }
    }

    private void countLine(PrintStream out, String name, Flaw flaw, String what) {
        if (flaws.of(flaw) > 0) {
            line(out, name, String.format(Locale.ROOT, "%,d %s", flaws.of(flaw), what));
        }
    }

    private static void line(PrintStream out, String name, String value) {
        out.printf("%-12s %s%n", name, value);
    }
}
