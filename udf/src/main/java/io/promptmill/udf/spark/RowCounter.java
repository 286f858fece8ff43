package io.promptmill.udf.spark;

import io.promptmill.udf.error.RequestException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** Counts what became of a task's rows, and keeps samples of those with a flaw. Belongs to one task: not thread-safe. */
final class RowCounter {
    private static final int MOST_CHARACTERS = 200;

    private final GenerateMetrics metrics;
    private final GenerateSpec spec;
    private final StructType input;

    /**
     * @param metrics or null, where nothing is counted
     * @param input columns of the rows before they are completed
     */
    RowCounter(GenerateMetrics metrics, GenerateSpec spec, StructType input) {
        this.metrics = metrics;
        this.spec = spec;
        this.input = input;
    }

    void count(Row row, RowResult result) {
        if (metrics == null) {
            return;
        }
        metrics.rows().add(1L);
        metrics.promptTokens().add(result.promptTokens());
        metrics.completionTokens().add(result.completionTokens());
        if (result.copied()) {
            metrics.copiedRows().add(1L);
        }
        for (Flaw flaw : Flaw.of(result)) {
            metrics.rowsWith(flaw).add(1L);
            if (metrics.samples().wants(flaw)) {
                metrics.samples().add(new FlawSamples.Sample(flaw, describe(row, result)));
            }
        }
    }

    private String describe(Row row, RowResult result) {
        var output = result.rows().get(0);
        StringBuilder text = new StringBuilder();
        if (spec.idColumn() != null) {
            Object id = row.get(Columns.require(input, spec.idColumn(), "id column"));
            text.append(spec.idColumn())
                    .append(' ')
                    .append(id == null ? "null" : RowValues.text(id))
                    .append(": ");
        }
        if (result.failed()) {
            return text.append(shortened(String.valueOf(output.get(OutputSchema.ERROR))))
                    .toString();
        }
        return text.append(output.get(OutputSchema.FINISH_REASON))
                .append(", \"")
                .append(shortened(String.valueOf(output.get(OutputSchema.COMPLETION))))
                .append("\" after \"")
                .append(shortened(prompt(row)))
                .append('"')
                .toString();
    }

    private String prompt(Row row) {
        try {
            return new RowInputs(spec, input).prompts().text(row);
        } catch (RequestException unreadable) {
            return "";
        }
    }

    /** Of a few words, in one line. */
    private static String shortened(String text) {
        String line = text.length() <= 2 * MOST_CHARACTERS ? text : text.substring(0, 2 * MOST_CHARACTERS);
        line = line.replaceAll("[\\s\\p{Cntrl}]+", " ");
        return line.codePointCount(0, line.length()) <= MOST_CHARACTERS
                ? line
                : line.substring(0, line.offsetByCodePoints(0, MOST_CHARACTERS)) + "\u2026";
    }
}
