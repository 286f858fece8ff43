package io.promptmill.job;

import java.util.Comparator;
import java.util.List;

/**
 * How well one class was found.
 *
 * @param support rows whose right answer it is, errors and abstentions included
 * @param predicted rows that were given it
 * @param correct rows of both kinds
 */
record ClassScore(String name, long support, long predicted, long correct) {

    /** The most frequent first, of equally frequent ones by name. */
    static final Comparator<ClassScore> ORDER = Comparator.comparingLong(ClassScore::support)
            .thenComparingLong(ClassScore::predicted)
            .reversed()
            .thenComparing(ClassScore::name);

    /** Share of the rows given the class that have it; NaN where it was given to none. */
    double precision() {
        return (double) correct / predicted;
    }

    /** Share of the class's rows that were given it; NaN where no row has it. */
    double recall() {
        return (double) correct / support;
    }

    /** Harmonic mean of precision and recall: 2 correct / (support + predicted), thus 0 where one of them is undefined. */
    double f1() {
        return support + predicted == 0 ? 0 : 2.0 * correct / (support + predicted);
    }

    /** Mean F1 of all classes, each counting the same; NaN of none. */
    static double macroF1(List<ClassScore> classes) {
        return classes.stream().mapToDouble(ClassScore::f1).average().orElse(Double.NaN);
    }

    /** The classes taken together as if they were one, whose figures are the micro averages. */
    static ClassScore sum(List<ClassScore> classes) {
        return new ClassScore(
                "",
                classes.stream().mapToLong(ClassScore::support).sum(),
                classes.stream().mapToLong(ClassScore::predicted).sum(),
                classes.stream().mapToLong(ClassScore::correct).sum());
    }
}
