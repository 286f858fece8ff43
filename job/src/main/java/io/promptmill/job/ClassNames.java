package io.promptmill.job;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.hex;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;

/**
 * Counts by class. A column of right answers may turn out to hold a text of its own in every row: what comes to the driver
 * is bounded in number and length.
 */
final class ClassNames {
    /** Pairs of classes, or classes, beyond which there are no figures by class. */
    static final int LIMIT = 20_000;

    private static final int LONGEST = 200;

    private ClassNames() {}

    /**
     * Rows by right answer and label.
     *
     * @param rows with gold, label and outcome
     * @return null where there are too many
     */
    static List<ConfusionMatrix.Cell> cells(Dataset<Row> rows) {
        Column evaluated = col(Evaluation.OUTCOME).equalTo(Outcomes.Kind.EVALUATED.name());
        List<Row> groups = rows.filter(col(Evaluation.GOLD).isNotNull())
                .groupBy(
                        shortened(Evaluation.GOLD),
                        when(evaluated, shortened(Evaluation.LABEL)).as(Evaluation.LABEL),
                        col(Evaluation.OUTCOME))
                .agg(count(lit(1)).as("rows"))
                .limit(LIMIT + 1)
                .collectAsList();
        return groups.size() > LIMIT
                ? null
                : groups.stream()
                        .map(group -> new ConfusionMatrix.Cell(
                                group.getAs(Evaluation.GOLD),
                                group.getAs(Evaluation.LABEL),
                                Evaluation.kind(group),
                                group.getAs("rows")))
                        .toList();
    }

    /**
     * Scores by class, each row having several.
     *
     * @param memberships one for each row and class: class, and the booleans support and predicted
     * @return null where there are too many
     */
    static List<ClassScore> scores(Dataset<Row> memberships) {
        Column support = col("support").cast(DataTypes.LongType);
        Column predicted = col("predicted").cast(DataTypes.LongType);
        List<Row> groups = memberships
                .groupBy(shortened("class"))
                .agg(
                        sum(support).as("support"),
                        sum(predicted).as("predicted"),
                        sum(support.multiply(predicted)).as("correct"))
                .limit(LIMIT + 1)
                .collectAsList();
        if (groups.size() > LIMIT) {
            return null;
        }
        List<ClassScore> scores = new ArrayList<>();
        for (Row group : groups) {
            scores.add(new ClassScore(
                    group.getAs("class"),
                    Evaluation.total(group, "support"),
                    Evaluation.total(group, "predicted"),
                    Evaluation.total(group, "correct")));
        }
        scores.sort(ClassScore.ORDER);
        return scores;
    }

    /** A name that is too long ends in a hash, so that names which begin alike stay apart. */
    private static Column shortened(String name) {
        Column text = col(name);
        return when(length(text).leq(LONGEST), text)
                .otherwise(concat(text.substr(1, LONGEST), lit("\u2026"), hex(xxhash64(text))))
                .as(name);
    }
}
