package io.promptmill.job;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;

import io.promptmill.udf.spark.OutputSchema;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;

/** Completions against right texts: equal but for white space around them, or not. */
final class TextEvaluation extends Evaluation {
    private static final String WHITE_SPACE = " \t\n\r\f\u000b\u00a0";

    TextEvaluation(String column) {
        super(column);
    }

    @Override
    EvaluationReport report(Dataset<Row> written) {
        Column same = trimmed(OutputSchema.COMPLETION).equalTo(trimmed(GOLD));
        Dataset<Row> groups = written.select(gold(), col(OutputSchema.COMPLETION), col(OutputSchema.ERROR))
                .select(
                        outcome(
                                lit(true),
                                failed().or(col(OutputSchema.COMPLETION).isNull()),
                                lit(false)),
                        same.cast(DataTypes.LongType).as("correct"))
                .groupBy(OUTCOME)
                .agg(count(lit(1)).as("rows"), sum("correct").as("correct"));
        Outcomes outcomes = Outcomes.NONE;
        for (Row group : groups.collectAsList()) {
            outcomes = outcomes.plus(kind(group), total(group, "rows"), total(group, "correct"));
        }
        return EvaluationReport.of(column, OutputSchema.COMPLETION, outcomes);
    }

    /** Spark's own {@code trim(column)} takes spaces away only. */
    private static Column trimmed(String name) {
        return expr("trim(BOTH '" + WHITE_SPACE + "' FROM " + name + ")");
    }
}
