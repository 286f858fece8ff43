package io.promptmill.job;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Prints an evaluation for people. Used once, by one thread. */
final class EvaluationText {
    private static final int SHOWN_CLASSES = 30;

    /** A matrix has a column for each of its classes. */
    private static final int MATRIX_CLASSES = 12;

    private static final String NONE = "-";

    private final EvaluationReport report;
    private final PrintStream out;

    EvaluationText(EvaluationReport report, PrintStream out) {
        this.report = report;
        this.out = out;
    }

    void print() {
        Outcomes outcomes = report.outcomes();
        out.println();
        line("evaluation", report.compared() + " against " + report.column());
        if (outcomes.rows() > 0 && outcomes.rows() == outcomes.withoutGold()) {
            line("warning", "column '" + report.column() + "' is null in every row; there is nothing to compare with");
            out.flush();
            return;
        }
        line("evaluated", evaluated(outcomes));
        line("accuracy", accuracy(outcomes));
        classes();
        if (report.calibration() != null) {
            line(
                    "calibration",
                    "error (ECE) " + figure(report.calibration().expectedError()) + ", Brier score "
                            + figure(report.calibration().brier()));
        }
        if (report.fields() != null && !report.notCompared().isEmpty()) {
            line("not compared", String.join(", ", report.notCompared()) + ": not in " + report.column());
        }
        tables();
        out.flush();
    }

    private static String evaluated(Outcomes outcomes) {
        List<String> others = new ArrayList<>();
        others.add(String.format(Locale.ROOT, "%,d with an error", outcomes.errors()));
        others.add(String.format(Locale.ROOT, "%,d abstained", outcomes.abstained()));
        others.add(String.format(Locale.ROOT, "%,d without right answer", outcomes.withoutGold()));
        if (outcomes.unreadableGold() > 0) {
            others.add(
                    String.format(Locale.ROOT, "%,d whose right answer is not valid JSON", outcomes.unreadableGold()));
        }
        return String.format(Locale.ROOT, "%,d of %,d rows; ", outcomes.evaluated(), outcomes.rows())
                + String.join(", ", others);
    }

    private String accuracy(Outcomes outcomes) {
        return percent(outcomes.accuracy()) + " of the evaluated rows ("
                + String.format(Locale.ROOT, "%,d", outcomes.correct()) + "), coverage "
                + percent(outcomes.coverage());
    }

    private void classes() {
        if (report.tooManyClasses()) {
            line(
                    "classes",
                    "more than can be counted (" + ClassNames.LIMIT + "); is " + report.column()
                            + " a column of labels?");
        } else if (report.classes() != null) {
            line("macro F1", figure(ClassScore.macroF1(report.classes())));
            if (report.severalLabels()) {
                line("micro F1", figure(ClassScore.sum(report.classes()).f1()));
            }
        }
    }

    private void tables() {
        if (report.fields() != null) {
            table(
                    List.of("field", "correct", "accuracy"),
                    report.fields(),
                    field -> List.of(
                            field.name(),
                            count(field.correct()),
                            percent((double) field.correct() / report.outcomes().evaluated())));
        }
        if (report.classes() != null && !report.classes().isEmpty()) {
            table(
                    List.of("class", "rows", "precision", "recall", "F1"),
                    report.classes()
                            .subList(0, Math.min(SHOWN_CLASSES, report.classes().size())),
                    score -> List.of(
                            score.name(),
                            count(score.support()),
                            figure(score.precision()),
                            figure(score.recall()),
                            figure(score.f1())));
            int others = report.classes().size() - SHOWN_CLASSES;
            if (others > 0) {
                out.printf(Locale.ROOT, "and %,d more; see %s%n", others, EvaluationReport.FILE);
            }
        }
        if (report.cells() != null && !report.cells().isEmpty()) {
            matrix(ConfusionMatrix.of(report.cells(), report.classes(), MATRIX_CLASSES));
        }
        if (report.calibration() != null && report.calibration().rows() > 0) {
            bins(report.calibration());
        }
    }

    /** Columns have numbers, rows their names too: names beside one another would not fit a line. */
    private void matrix(ConfusionMatrix matrix) {
        boolean gathered = matrix.gathered() > 0;
        List<String> header = new ArrayList<>(List.of("right answer \\ label"));
        for (int i = 0; i < matrix.names().size(); i++) {
            header.add(matrix.names().size() <= 4 ? matrix.names().get(i) : Integer.toString(i + 1));
        }
        if (gathered) {
            header.add("others");
        }
        header.add("abstained");
        header.add("error");
        List<List<String>> cells = new ArrayList<>();
        for (int row = 0; row < matrix.counts().length; row++) {
            List<String> line = new ArrayList<>();
            line.add(name(matrix, row));
            for (int column = 0; column < matrix.counts()[row].length; column++) {
                if (gathered || column != matrix.names().size()) {
                    line.add(count(matrix.counts()[row][column]));
                }
            }
            cells.add(line);
        }
        print(new Table(header, cells));
    }

    private static String name(ConfusionMatrix matrix, int row) {
        if (row == matrix.names().size()) {
            return matrix.gathered() + " others";
        }
        return (matrix.names().size() <= 4 ? "" : row + 1 + " ")
                + matrix.names().get(row);
    }

    private void bins(Calibration calibration) {
        table(
                List.of("probability", "rows", "mean", "accuracy", "from here on: coverage", "accuracy"),
                calibration.bins().stream().filter(bin -> bin.rows() > 0).toList(),
                bin -> List.of(
                        String.format(Locale.ROOT, "%.2f to %.2f", bin.from(), bin.to()),
                        count(bin.rows()),
                        figure(bin.meanProbability()),
                        figure(bin.accuracy()),
                        percent(bin.coverage()),
                        percent(bin.accuracyAbove())));
    }

    private <T> void table(List<String> header, List<T> rows, Function<T, List<String>> cells) {
        print(new Table(header, rows.stream().map(cells).toList()));
    }

    private void print(Table table) {
        out.println();
        out.print(table.format(Terminal.columns()));
    }

    private void line(String name, String value) {
        out.printf("%-12s %s%n", name, value);
    }

    private static String count(long rows) {
        return String.format(Locale.ROOT, "%,d", rows);
    }

    private static String figure(double value) {
        return Double.isNaN(value) ? NONE : String.format(Locale.ROOT, "%.3f", value);
    }

    private static String percent(double share) {
        return Double.isNaN(share) ? NONE : String.format(Locale.ROOT, "%.1f%%", 100 * share);
    }
}
