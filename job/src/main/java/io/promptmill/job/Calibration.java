package io.promptmill.job;

import java.util.ArrayList;
import java.util.List;

/**
 * Whether probabilities are what they say: of the rows with 0.8, eight in ten should be right.
 *
 * @param bins of equal width, in order; the empty ones too
 * @param rows in all bins
 * @param brier mean Brier score, NaN where no row has one
 */
record Calibration(List<Bin> bins, long rows, double brier) {

    /**
     * Rows of about the same probability.
     *
     * @param from least probability
     * @param to next bin's least probability; 1 itself is in the last bin
     * @param probabilities sum over the rows
     * @param coverage share of rows with a right answer that have at least this probability: what remains with {@code
     *     abstain_below} set to {@code from}
     * @param accuracyAbove share of those that are right; NaN where there are none
     */
    record Bin(
            double from,
            double to,
            long rows,
            double probabilities,
            long correct,
            double coverage,
            double accuracyAbove) {

        double meanProbability() {
            return probabilities / rows;
        }

        double accuracy() {
            return (double) correct / rows;
        }
    }

    /**
     * Sums over the rows of each bin.
     *
     * @param withGold rows that have a right answer, whether they are in a bin or not
     */
    static Calibration of(long[] rows, double[] probabilities, long[] correct, long withGold, double brier) {
        List<Bin> bins = new ArrayList<>();
        long rowsAbove = 0;
        long correctAbove = 0;
        for (int bin = rows.length - 1; bin >= 0; bin--) {
            rowsAbove += rows[bin];
            correctAbove += correct[bin];
            bins.add(
                    0,
                    new Bin(
                            (double) bin / rows.length,
                            (bin + 1.0) / rows.length,
                            rows[bin],
                            probabilities[bin],
                            correct[bin],
                            (double) rowsAbove / withGold,
                            (double) correctAbove / rowsAbove));
        }
        return new Calibration(List.copyOf(bins), rowsAbove, brier);
    }

    /**
     * Expected calibration error: the distance of each bin's accuracy from its mean probability, weighted by rows; NaN
     * without rows. Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3.
     */
    double expectedError() {
        double sum = 0;
        for (Bin bin : bins) {
            sum += Math.abs(bin.correct() - bin.probabilities());
        }
        return sum / rows;
    }
}
