package io.promptmill.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;

/**
 * Writes an evaluation for programs. A figure that is undefined, such as the accuracy of no rows, is null.
 */
final class EvaluationJson {
    private static final int MATRIX_CLASSES = 30;

    /** Sums of doubles depend on their order in the last digits; what is written does not. */
    private static final double PLACES = 1e9;

    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private EvaluationJson() {}

    static String of(EvaluationReport report) {
        ObjectNode root = JSON.createObjectNode();
        root.put("column", report.column());
        root.put("compared", report.compared());
        outcomes(root, report.outcomes());
        if (report.classes() != null) {
            classes(root, report);
        }
        if (report.cells() != null) {
            matrix(root.putObject("confusion"), ConfusionMatrix.of(report.cells(), report.classes(), MATRIX_CLASSES));
        }
        if (report.calibration() != null) {
            calibration(root.putObject("calibration"), report.calibration());
        }
        if (report.fields() != null) {
            fields(root, report);
        }
        return root.toPrettyString() + "\n";
    }

    private static void outcomes(ObjectNode root, Outcomes outcomes) {
        root.put("rows", outcomes.rows());
        root.put("rows_without_gold", outcomes.withoutGold());
        root.put("rows_with_unreadable_gold", outcomes.unreadableGold());
        root.put("rows_with_error", outcomes.errors());
        root.put("rows_abstained", outcomes.abstained());
        root.put("rows_evaluated", outcomes.evaluated());
        root.put("rows_correct", outcomes.correct());
        put(root, "accuracy", outcomes.accuracy());
        put(root, "coverage", outcomes.coverage());
    }

    private static void classes(ObjectNode root, EvaluationReport report) {
        put(root, "macro_f1", ClassScore.macroF1(report.classes()));
        if (report.severalLabels()) {
            ClassScore sum = ClassScore.sum(report.classes());
            put(root, "micro_precision", sum.precision());
            put(root, "micro_recall", sum.recall());
            put(root, "micro_f1", sum.f1());
        }
        ArrayNode classes = root.putArray("classes");
        for (ClassScore score : report.classes()) {
            ObjectNode node = classes.addObject();
            node.put("name", score.name());
            node.put("support", score.support());
            node.put("predicted", score.predicted());
            node.put("correct", score.correct());
            put(node, "precision", score.precision());
            put(node, "recall", score.recall());
            put(node, "f1", score.f1());
        }
    }

    private static void matrix(ObjectNode node, ConfusionMatrix matrix) {
        int shown = matrix.names().size();
        ArrayNode names = node.putArray("classes");
        matrix.names().forEach(names::add);
        node.put("other_classes", matrix.gathered());
        ArrayNode rows = node.putArray("rows");
        for (int i = 0; i < matrix.counts().length; i++) {
            long[] counts = matrix.counts()[i];
            ObjectNode row = rows.addObject();
            // Null of the row that the other classes share.
            row.put("gold", i < shown ? matrix.names().get(i) : null);
            ArrayNode predicted = row.putArray("predicted");
            Arrays.stream(counts, 0, shown).forEach(predicted::add);
            row.put("predicted_other", counts[shown]);
            row.put("abstained", counts[shown + 1]);
            row.put("error", counts[shown + 2]);
        }
    }

    private static void calibration(ObjectNode node, Calibration calibration) {
        node.put("rows", calibration.rows());
        put(node, "expected_calibration_error", calibration.expectedError());
        put(node, "brier_score", calibration.brier());
        ArrayNode bins = node.putArray("bins");
        for (Calibration.Bin bin : calibration.bins()) {
            ObjectNode row = bins.addObject();
            put(row, "from", bin.from());
            put(row, "to", bin.to());
            row.put("rows", bin.rows());
            put(row, "mean_probability", bin.meanProbability());
            put(row, "accuracy", bin.accuracy());
            put(row, "coverage_from_here", bin.coverage());
            put(row, "accuracy_from_here", bin.accuracyAbove());
        }
    }

    private static void fields(ObjectNode root, EvaluationReport report) {
        ArrayNode fields = root.putArray("fields");
        for (EvaluationReport.FieldScore field : report.fields()) {
            ObjectNode node = fields.addObject();
            node.put("name", field.name());
            node.put("correct", field.correct());
            put(node, "accuracy", (double) field.correct() / report.outcomes().evaluated());
        }
        ArrayNode notCompared = root.putArray("fields_not_compared");
        report.notCompared().forEach(notCompared::add);
    }

    private static void put(ObjectNode node, String name, double value) {
        if (Double.isFinite(value)) {
            node.put(name, Math.rint(value * PLACES) / PLACES);
        } else {
            node.putNull(name);
        }
    }
}
