package io.promptmill.job;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.greatest;
import static org.apache.spark.sql.functions.isnan;
import static org.apache.spark.sql.functions.least;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;

/**
 * One label a row, with the probabilities of all choices. Two passes: sums by outcome and bin of probability, and rows by
 * pairs of classes.
 */
final class LabelEvaluation extends Evaluation {
    private static final String BEST = "best";
    private static final String BIN = "bin";
    private static final String BRIER = "brier";

    /** Of an abstained row the first of the most probable choices: what it would have been. */
    private static final String MOST_PROBABLE =
            "get(map_keys(map_filter(probabilities, (key, value) -> value = array_max(map_values(probabilities)))), 0)";

    /**
     * Squared distance of the probabilities from 1 for the right class and 0 for the others, 0 to 2. Brier 1950,
     * "Verification of forecasts expressed in terms of probability". A class that was no choice has 0.
     */
    private static final String BRIER_SCORE = "aggregate(map_entries(probabilities), 0D,"
            + " (sum, entry) -> sum + power(entry.value - if(entry.key = gold, 1D, 0D), 2))"
            + " + if(map_contains_key(probabilities, gold), 0D, 1D)";

    private final int bins;

    LabelEvaluation(String column, int bins) {
        super(column);
        this.bins = bins;
    }

    @Override
    EvaluationReport report(Dataset<Row> written) {
        Dataset<Row> rows = written.select(
                        gold(),
                        col(LABEL),
                        probability(),
                        col(PROBABILITIES),
                        outcome(lit(true), failed(), col(LABEL).isNull()))
                .withColumn(BEST, coalesce(col(LABEL), expr(MOST_PROBABLE)))
                .withColumn(BRIER, expr(BRIER_SCORE));
        Sums sums = sums(rows);
        double brier = sums.brierRows == 0 ? Double.NaN : sums.brier / sums.brierRows;
        return EvaluationReport.of(column, LABEL, sums.outcomes)
                .withCalibration(
                        Calibration.of(sums.rows, sums.probabilities, sums.correct, sums.outcomes.withGold(), brier))
                .withCells(ClassNames.cells(rows));
    }

    /** Between 0 and 1, whatever rounding made of it; null where it is not a number. */
    private static Column probability() {
        Column probability = col(PROBABILITY);
        return when(
                        probability.isNotNull().and(not(isnan(probability))),
                        least(greatest(probability, lit(0.0)), lit(1.0)))
                .as(PROBABILITY);
    }

    private static final class Sums {
        private Outcomes outcomes = Outcomes.NONE;
        private final long[] rows;
        private final double[] probabilities;
        private final long[] correct;
        private double brier;
        private long brierRows;

        Sums(int bins) {
            rows = new long[bins];
            probabilities = new double[bins];
            correct = new long[bins];
        }
    }

    private Sums sums(Dataset<Row> rows) {
        Column scored = col(OUTCOME).isin(Outcomes.Kind.EVALUATED.name(), Outcomes.Kind.ABSTAINED.name());
        Column binned = scored.and(col(PROBABILITY).isNotNull()).and(col(BEST).isNotNull());
        Column brier = when(scored.and(size(col(PROBABILITIES)).gt(0)).and(not(isnan(col(BRIER)))), col(BRIER));
        List<Row> groups = rows.select(
                        col(OUTCOME),
                        when(binned, bin()).as(BIN),
                        col(PROBABILITY),
                        col(LABEL).equalTo(col(GOLD)).cast(DataTypes.LongType).as(LABEL),
                        col(BEST).equalTo(col(GOLD)).cast(DataTypes.LongType).as(BEST),
                        brier.as(BRIER))
                .groupBy(OUTCOME, BIN)
                .agg(
                        count(lit(1)).as("rows"),
                        sum(PROBABILITY).as(PROBABILITY),
                        sum(LABEL).as(LABEL),
                        sum(BEST).as(BEST),
                        count(BRIER).as("brier_rows"),
                        sum(BRIER).as(BRIER))
                .orderBy(OUTCOME, BIN)
                .collectAsList();
        Sums sums = new Sums(bins);
        for (Row group : groups) {
            long count = total(group, "rows");
            sums.outcomes = sums.outcomes.plus(kind(group), count, total(group, LABEL));
            sums.brierRows += total(group, "brier_rows");
            sums.brier += group.getAs(BRIER) == null ? 0 : group.<Double>getAs(BRIER);
            Integer bin = group.getAs(BIN);
            if (bin != null) {
                sums.rows[bin] += count;
                sums.probabilities[bin] += group.<Double>getAs(PROBABILITY);
                sums.correct[bin] += total(group, BEST);
            }
        }
        return sums;
    }

    /**
     * The bin whose edges, {@code bin / bins} and the next one as doubles, enclose the probability: the product alone is on
     * the wrong side of some edges. 1 is in the last bin.
     */
    private Column bin() {
        Column guess = least(expr("cast(floor(" + PROBABILITY + " * " + bins + ") as int)"), lit(bins - 1));
        Column up = when(col(PROBABILITY).geq(guess.plus(1).divide(lit((double) bins))), 1)
                .otherwise(0);
        Column down =
                when(col(PROBABILITY).lt(guess.divide(lit((double) bins))), 1).otherwise(0);
        return least(guess.plus(up).minus(down), lit(bins - 1));
    }
}
