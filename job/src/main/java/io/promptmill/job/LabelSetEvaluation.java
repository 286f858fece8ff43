package io.promptmill.job;

import static org.apache.spark.sql.functions.array_contains;
import static org.apache.spark.sql.functions.array_except;
import static org.apache.spark.sql.functions.array_union;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.from_json;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;

/**
 * Several labels a row, in any order. Two passes: rows by outcome, and sums by class. A row is right where its labels are
 * exactly the right ones; none at all is an answer, too.
 */
final class LabelSetEvaluation extends Evaluation {
    private static final String RIGHT = "right";
    private static final String GIVEN = "given";

    private final boolean array;

    /**
     * @param array whether the column holds arrays; else it holds JSON of them
     */
    LabelSetEvaluation(String column, boolean array) {
        super(column);
        this.array = array;
    }

    @Override
    EvaluationReport report(Dataset<Row> written) {
        Column parsed =
                array ? col(GOLD) : from_json(col(GOLD), DataTypes.createArrayType(DataTypes.StringType), Map.of());
        Dataset<Row> rows = written.select(gold(), col(LABEL), failed().as("failed"))
                .withColumn(RIGHT, parsed)
                .withColumn(RIGHT, expr("filter(right, name -> name is not null)"))
                .select(
                        col(RIGHT),
                        outcome(
                                col(RIGHT).isNotNull(),
                                col("failed"),
                                col(LABEL).isNull()),
                        col(LABEL))
                .withColumn(GIVEN, when(col(OUTCOME).equalTo(Outcomes.Kind.EVALUATED.name()), col(LABEL)))
                .withColumn(GIVEN, coalesce(col(GIVEN), expr("cast(array() as array<string>)")));
        return EvaluationReport.of(column, LABEL, outcomes(rows)).withClasses(classes(rows));
    }

    private static Outcomes outcomes(Dataset<Row> rows) {
        Column same = size(array_except(col(RIGHT), col(GIVEN)))
                .plus(size(array_except(col(GIVEN), col(RIGHT))))
                .equalTo(0);
        List<Row> groups = rows.select(
                        col(OUTCOME), same.cast(DataTypes.LongType).as("correct"))
                .groupBy(OUTCOME)
                .agg(count(lit(1)).as("rows"), sum("correct").as("correct"))
                .collectAsList();
        Outcomes outcomes = Outcomes.NONE;
        for (Row group : groups) {
            outcomes = outcomes.plus(kind(group), total(group, "rows"), total(group, "correct"));
        }
        return outcomes;
    }

    private static List<ClassScore> classes(Dataset<Row> rows) {
        return ClassNames.scores(rows.filter(col(RIGHT).isNotNull())
                .select(
                        col(RIGHT),
                        col(GIVEN),
                        explode(array_union(col(RIGHT), col(GIVEN))).as("class"))
                .select(
                        col("class"),
                        array_contains(col(RIGHT), col("class")).as("support"),
                        array_contains(col(GIVEN), col("class")).as("predicted")));
    }
}
