package io.promptmill.job;

import java.io.PrintStream;
import java.util.List;

/**
 * The figures of an evaluation. Those that a task does not have are null.
 *
 * @param column with the right answers
 * @param compared column of the output
 * @param classes by frequency; null also where there were too many to count
 * @param severalLabels whether a row may have several classes, or none
 * @param cells rows by right answer and label; null also where there were too many to count
 * @param fields that were compared
 * @param notCompared names of fields that the right answers lack
 */
record EvaluationReport(
        String column,
        String compared,
        Outcomes outcomes,
        List<ClassScore> classes,
        boolean severalLabels,
        List<ConfusionMatrix.Cell> cells,
        Calibration calibration,
        List<FieldScore> fields,
        List<String> notCompared) {

    /** Beside the rows; Spark's readers pass over names that begin with an underscore. */
    static final String FILE = "_evaluation.json";

    /**
     * How often one field was right.
     *
     * @param correct of the evaluated rows
     */
    record FieldScore(String name, long correct) {}

    static EvaluationReport of(String column, String compared, Outcomes outcomes) {
        return new EvaluationReport(column, compared, outcomes, null, false, null, null, null, null);
    }

    EvaluationReport withCalibration(Calibration rows) {
        return new EvaluationReport(
                column, compared, outcomes, classes, severalLabels, cells, rows, fields, notCompared);
    }

    /**
     * With the figures of single labels by class.
     *
     * @param counted or null where there were too many
     */
    EvaluationReport withCells(List<ConfusionMatrix.Cell> counted) {
        List<ClassScore> scores = counted == null ? null : ConfusionMatrix.scores(counted);
        return new EvaluationReport(
                column, compared, outcomes, scores, false, counted, calibration, fields, notCompared);
    }

    /**
     * With the figures of several labels by class.
     *
     * @param scores or null where there were too many
     */
    EvaluationReport withClasses(List<ClassScore> scores) {
        return new EvaluationReport(column, compared, outcomes, scores, true, cells, calibration, fields, notCompared);
    }

    EvaluationReport withFields(List<FieldScore> scores, List<String> lacking) {
        return new EvaluationReport(
                column, compared, outcomes, classes, severalLabels, cells, calibration, scores, lacking);
    }

    /** True where the task has classes and there were too many of them. */
    boolean tooManyClasses() {
        return classes == null && (severalLabels || calibration != null);
    }

    void print(PrintStream out) {
        new EvaluationText(this, out).print();
    }

    /** All figures as JSON, the same for the same rows. */
    String json() {
        return EvaluationJson.of(this);
    }
}
