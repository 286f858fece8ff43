package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.error.ConfigException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Figures of small datasets, worked out by hand. */
class EvaluationTest {
    private static final double EXACT = 1e-12;
    private static final String LABEL_COLUMNS =
            "label STRING, probability DOUBLE, probabilities MAP<STRING, DOUBLE>, error STRING";
    private static SparkSession spark;

    @BeforeAll
    static void openSession() {
        spark = SparkSessions.open(new SparkConfig("local[2]", "test", Map.of("spark.sql.shuffle.partitions", "2")));
    }

    @AfterAll
    static void closeSession() {
        spark.stop();
    }

    @Test
    void countsEveryRowOnceAndScoresEachClass() {
        EvaluationReport report = labels(
                10,
                label("a", "a", 0.9, 0.1),
                label("a", "a", 0.8, 0.2),
                label("a", "b", 0.3, 0.7),
                label("b", "b", 0.05, 0.95),
                label("A", "a", 0.6, 0.4),
                abstained("b", 0.45, 0.55),
                error("a"),
                error(null),
                label(null, "a", 0.9, 0.1));
        assertEquals(new Outcomes(2, 0, 1, 1, 5, 3), report.outcomes());
        assertEquals(9, report.outcomes().rows());
        assertEquals(3 / 5.0, report.outcomes().accuracy(), EXACT);
        assertEquals(5 / 7.0, report.outcomes().coverage(), EXACT);
        // a: of 4 rows (one failed) 2 found, of 3 given 2 right; b: of 2 (one abstained) 1, of 2 given 1; A was no
        // choice.
        assertEquals(
                List.of(new ClassScore("a", 4, 3, 2), new ClassScore("b", 2, 2, 1), new ClassScore("A", 1, 0, 0)),
                report.classes());
        assertEquals(2 / 3.0, report.classes().get(0).precision(), EXACT);
        assertEquals(0.5, report.classes().get(0).recall(), EXACT);
        assertEquals(4 / 7.0, report.classes().get(0).f1(), EXACT);
        assertEquals(0, report.classes().get(2).recall());
        assertEquals((4 / 7.0 + 0.5 + 0) / 3, ClassScore.macroF1(report.classes()), EXACT);
        ConfusionMatrix matrix = ConfusionMatrix.of(report.cells(), report.classes(), 30);
        assertEquals(List.of("a", "b", "A"), matrix.names());
        // Columns: a, b, A, others, abstained, error.
        assertEquals(List.of(2L, 1L, 0L, 0L, 0L, 1L), counts(matrix, 0));
        assertEquals(List.of(0L, 1L, 0L, 0L, 1L, 0L), counts(matrix, 1));
        assertEquals(List.of(1L, 0L, 0L, 0L, 0L, 0L), counts(matrix, 2));
        assertEquals(3, matrix.counts().length);
    }

    @Test
    void comparesProbabilitiesWithWhatBecameOfThem() {
        EvaluationReport report = labels(
                2,
                label("a", "a", 0.9, 0.1),
                label("b", "a", 0.7, 0.3),
                abstained("a", 0.5, 0.5),
                label("c", "b", 0.2, 0.8),
                error("a"));
        Calibration calibration = report.calibration();
        // All four are in the upper half; the tie of the abstained row goes to the first choice, which is right.
        assertEquals(0, calibration.bins().get(0).rows());
        Calibration.Bin upper = calibration.bins().get(1);
        assertEquals(4, upper.rows());
        assertEquals((0.9 + 0.7 + 0.5 + 0.8) / 4, upper.meanProbability(), EXACT);
        assertEquals(0.5, upper.accuracy(), EXACT);
        assertEquals(4 / 5.0, upper.coverage(), EXACT);
        assertEquals(Math.abs(0.5 - 2.9 / 4), calibration.expectedError(), EXACT);
        // 0.01+0.01, 0.49+0.49, 0.25+0.25, and for c, which was no choice, 0.04+0.64+1.
        assertEquals((0.02 + 0.98 + 0.5 + 1.68) / 4, calibration.brier(), EXACT);
    }

    @Test
    void weighsBinsByTheirRows() {
        EvaluationReport report = labels(
                10,
                label("a", "a", 0.95, 0.05),
                label("a", "a", 0.97, 0.03),
                label("b", "a", 0.93, 0.07),
                label("b", "a", 0.62, 0.38));
        double expected = 3 / 4.0 * Math.abs(2 / 3.0 - (0.95 + 0.97 + 0.93) / 3) + 1 / 4.0 * 0.62;
        assertEquals(expected, report.calibration().expectedError(), EXACT);
        Calibration.Bin last = report.calibration().bins().get(9);
        assertEquals(3 / 4.0, last.coverage(), EXACT);
        assertEquals(2 / 3.0, last.accuracyAbove(), EXACT);
        Calibration.Bin first = report.calibration().bins().get(0);
        assertEquals(1, first.coverage(), EXACT);
        assertEquals(0.5, first.accuracyAbove(), EXACT);
        assertTrue(Double.isNaN(first.accuracy()));
    }

    @Test
    void agreesWithTheFormulasOnRandomRows() {
        Random random = new Random(7);
        int bins = 15;
        List<Row> rows = new ArrayList<>();
        double[] confidence = new double[bins];
        double[] right = new double[bins];
        double[] members = new double[bins];
        double brier = 0;
        for (int i = 0; i < 500; i++) {
            double a = random.nextDouble();
            String gold = random.nextBoolean() ? "a" : "b";
            Row row = label(gold, a >= 0.5 ? "a" : "b", a, 1 - a);
            rows.add(row);
            double best = Math.max(a, 1 - a);
            int bin = (int) (best * bins);
            confidence[bin] += best;
            right[bin] += row.get(1).equals(gold) ? 1 : 0;
            members[bin]++;
            double y = gold.equals("a") ? 1 : 0;
            brier += Math.pow(a - y, 2) + Math.pow(1 - a - (1 - y), 2);
        }
        double ece = 0;
        for (int bin = 0; bin < bins; bin++) {
            ece += members[bin] == 0
                    ? 0
                    : members[bin] / 500 * Math.abs(right[bin] / members[bin] - confidence[bin] / members[bin]);
        }
        Calibration calibration = labels(bins, rows.toArray(Row[]::new)).calibration();
        assertEquals(ece, calibration.expectedError(), EXACT);
        assertEquals(brier / 500, calibration.brier(), EXACT);
    }

    @Test
    void putsEdgesIntoTheBinThatBeginsThere() {
        // 0.29 * 100 is less than 29, 0.57 * 100 less than 57.
        double[] edges = {0, 0.07, 0.29, 0.57, 0.58, 0.99, 1};
        List<Row> rows = new ArrayList<>();
        long[] expected = new long[100];
        for (double edge : edges) {
            int bin = (int) Math.round(edge * 100);
            rows.add(rated(edge));
            expected[Math.min(bin, 99)]++;
            if (bin > 0) {
                rows.add(rated(Math.nextDown(edge)));
                expected[bin - 1]++;
            }
        }
        List<Calibration.Bin> bins =
                labels(100, rows.toArray(Row[]::new)).calibration().bins();
        for (int bin = 0; bin < 100; bin++) {
            assertEquals(expected[bin], bins.get(bin).rows(), "bin " + bin);
            assertEquals(bin / 100.0, bins.get(bin).from());
        }
        // Softmax may round to a little more than 1.
        List<Calibration.Bin> tenths =
                labels(10, rated(1 + 1e-15)).calibration().bins();
        assertEquals(1, tenths.get(9).rows());
        assertEquals(1, tenths.get(9).meanProbability());
        assertEquals(1, labels(1, rated(1)).calibration().bins().get(0).rows());
    }

    @Test
    void leavesProbabilitiesThatAreNoneOut() {
        EvaluationReport report = labels(
                10,
                label("a", "a", Double.NaN, 0.5),
                RowFactory.create("a", "a", null, null, null),
                RowFactory.create("a", null, 0.5, Map.of(), null),
                label("a", "a", 1, 0));
        assertEquals(new Outcomes(0, 0, 0, 1, 3, 3), report.outcomes());
        assertEquals(1, report.calibration().rows());
        assertEquals(0, report.calibration().expectedError());
        // Of the last row: maps that are empty or hold NaN have no score.
        assertEquals(0, report.calibration().brier());
    }

    @Test
    void aClassAloneIsFoundOrNot() {
        EvaluationReport report = labels(10, label("a", "a", 1, 0), label("a", "a", 1, 0));
        assertEquals(List.of(new ClassScore("a", 2, 2, 2)), report.classes());
        assertEquals(1, ClassScore.macroF1(report.classes()));
        assertEquals(0, report.calibration().expectedError());
        assertEquals(0, report.calibration().brier());
    }

    @Test
    void noRowsAndNoRightAnswersHaveNoFigures() throws IOException {
        EvaluationReport none = labels(10);
        assertEquals(Outcomes.NONE, none.outcomes());
        JsonNode json = new ObjectMapper().readTree(none.json());
        assertTrue(json.get("accuracy").isNull() && json.get("coverage").isNull());
        assertTrue(json.get("macro_f1").isNull());
        assertTrue(json.at("/calibration/expected_calibration_error").isNull());
        assertTrue(json.at("/calibration/brier_score").isNull());
        assertEquals(0, json.get("classes").size());
        assertFalse(printed(none).contains("warning"));
        assertTrue(printed(none).contains("accuracy     - of"), printed(none));
        EvaluationReport withoutGold = labels(10, label(null, "a", 1, 0), error(null));
        assertEquals(new Outcomes(2, 0, 0, 0, 0, 0), withoutGold.outcomes());
        assertTrue(printed(withoutGold).contains("'sentiment' is null in every row"), printed(withoutGold));
    }

    @Test
    void showsTheFrequentClassesAndGathersTheRest() throws IOException {
        List<Row> rows = new ArrayList<>();
        for (int name = 0; name < 40; name++) {
            for (int i = 0; i < 41 - name; i++) {
                rows.add(label("c%02d".formatted(name), i == 0 ? "c39" : "c%02d".formatted(name), 1, 0));
            }
        }
        EvaluationReport report = labels(10, rows.toArray(Row[]::new));
        JsonNode json = new ObjectMapper().readTree(report.json());
        assertEquals(40, json.get("classes").size());
        JsonNode matrix = json.get("confusion");
        assertEquals(30, matrix.get("classes").size());
        assertEquals(10, matrix.get("other_classes").intValue());
        assertEquals(31, matrix.get("rows").size());
        assertEquals(
                40,
                matrix.at("/rows/0/predicted/0").intValue(),
                matrix.get("rows").get(0).toString());
        assertEquals(1, matrix.at("/rows/0/predicted_other").intValue());
        assertTrue(matrix.at("/rows/30/gold").isNull());
        // Ten classes of 11, 10, ... 2 rows, all of which were given one of the ten.
        assertEquals(65, matrix.at("/rows/30/predicted_other").intValue());
        String text = printed(report);
        assertTrue(text.contains("and 10 more; see _evaluation.json"), text);
        assertTrue(text.contains("28 others"), text);
    }

    @Test
    void aColumnThatIsNoLabelGivesNoFiguresByClass() {
        StructType schema = StructType.fromDDL("sentiment STRING, " + LABEL_COLUMNS);
        Dataset<Row> rows = spark.range(ClassNames.LIMIT + 1)
                .selectExpr(
                        "repeat(string(id), 60) as sentiment",
                        "'a' as label",
                        "1D as probability",
                        "map('a', 1D) as probabilities",
                        "string(null) as error");
        EvaluationReport report = Evaluation.of(
                        new EvaluationConfig("sentiment", null), StructType.fromDDL("sentiment STRING"), schema)
                .report(rows);
        assertEquals(ClassNames.LIMIT + 1, report.outcomes().evaluated());
        assertNull(report.classes());
        assertTrue(report.tooManyClasses());
        assertTrue(printed(report).contains("is sentiment a column of labels?"), printed(report));
        assertEquals(1, report.calibration().expectedError());
    }

    @Test
    void longNamesThatBeginAlikeStayApart() {
        String name = "x".repeat(300);
        EvaluationReport report = labels(10, label(name + "1", name + "2", 1, 0), label(name + "1", name + "1", 1, 0));
        assertEquals(2, report.classes().size());
        assertEquals(1, report.classes().get(0).correct());
        assertTrue(report.classes().get(0).name().length() < 220);
    }

    @Test
    void severalLabelsAreRightAsASet() throws IOException {
        EvaluationReport report = labelSets(
                "ARRAY<STRING>",
                set(List.of("a", "b"), List.of("b", "a")),
                set(List.of("a"), List.of("a", "c")),
                set(List.of(), List.of()),
                set(List.of("c"), List.of()),
                set(List.of("b", "b"), List.of("b")),
                RowFactory.create(new String[] {"a"}, null, null),
                RowFactory.create(new String[] {"a"}, null, "refused"),
                set(null, List.of("a")));
        assertEquals(new Outcomes(1, 0, 1, 1, 5, 3), report.outcomes());
        assertEquals(
                List.of(new ClassScore("a", 4, 2, 2), new ClassScore("b", 2, 2, 2), new ClassScore("c", 1, 1, 0)),
                report.classes());
        assertEquals((4 / 6.0 + 1 + 0) / 3, ClassScore.macroF1(report.classes()), EXACT);
        ClassScore sum = ClassScore.sum(report.classes());
        assertEquals(4 / 7.0, sum.recall(), EXACT);
        assertEquals(4 / 5.0, sum.precision(), EXACT);
        assertEquals(8 / 12.0, sum.f1(), EXACT);
        JsonNode json = new ObjectMapper().readTree(report.json());
        assertEquals(0.6, json.get("accuracy").doubleValue());
        assertEquals(0.666666667, json.get("micro_f1").doubleValue());
        assertFalse(json.has("confusion") || json.has("calibration"));
        assertTrue(printed(report).contains("micro F1     0.667"), printed(report));
    }

    @Test
    void severalLabelsMayBeGivenAsJson() {
        EvaluationReport report = labelSets(
                "STRING",
                RowFactory.create("[\"a\", null]", new String[] {"a"}, null),
                RowFactory.create("[]", new String[0], null),
                RowFactory.create("a", new String[] {"a"}, null),
                RowFactory.create(null, new String[] {"a"}, null));
        assertEquals(new Outcomes(1, 1, 0, 0, 2, 2), report.outcomes());
        assertTrue(printed(report).contains("1 whose right answer is not valid JSON"), printed(report));
    }

    @Test
    void fieldsAreComparedAsValues() {
        Row right = RowFactory.create("Ida", 61L, List.of("x"), null);
        EvaluationReport report = fields(
                "STRUCT<name STRING, age BIGINT, tags ARRAY<STRING>, city STRING>",
                RowFactory.create(right, person("Ida", 61.0, List.of("x"), null), null),
                RowFactory.create(right, person("ida", 61.0, List.of("x"), null), null),
                RowFactory.create(right, person("Ida", 60.5, List.of("x", "y"), "Oslo"), null),
                RowFactory.create(right, person(null, null, null, null), null),
                RowFactory.create(right, null, "refused"),
                RowFactory.create(null, person("Ida", 61.0, List.of("x"), null), null));
        assertEquals(new Outcomes(1, 0, 1, 0, 4, 1), report.outcomes());
        assertEquals(
                List.of(
                        new EvaluationReport.FieldScore("name", 2),
                        new EvaluationReport.FieldScore("age", 2),
                        new EvaluationReport.FieldScore("tags", 2),
                        new EvaluationReport.FieldScore("city", 3)),
                report.fields());
        assertTrue(printed(report).contains("age    2        50.0%"), printed(report));
    }

    @Test
    void fieldsMayBeGivenAsJsonText() throws IOException {
        Object extracted = person("Ida", 61.0, List.of("x"), null);
        EvaluationReport report = fields(
                "STRING",
                RowFactory.create(
                        "{\"city\": null, \"tags\": [\"x\"], \"age\": 6.1e1, \"name\": \"Ida\"}", extracted, null),
                RowFactory.create("{\"name\": \"Ida\", \"age\": \"61\", \"tags\": \"x\"}", extracted, null),
                RowFactory.create("Ida, 61", extracted, null),
                RowFactory.create("[1]", extracted, null),
                RowFactory.create("", extracted, null));
        assertEquals(new Outcomes(0, 3, 0, 0, 2, 1), report.outcomes());
        JsonNode json = new ObjectMapper().readTree(report.json());
        assertEquals("age", json.at("/fields/1/name").textValue());
        assertEquals(0.5, json.at("/fields/1/accuracy").doubleValue());
        assertEquals(1, json.at("/fields/0/accuracy").doubleValue());
        assertEquals(0.5, json.get("accuracy").doubleValue());
    }

    @Test
    void fieldsThatTheRightAnswersLackAreNamed() throws IOException {
        EvaluationReport report = fields(
                "STRUCT<name STRING, other STRING>",
                RowFactory.create(RowFactory.create("Ida", "x"), person("Ida", 1.0, null, null), null));
        assertEquals(List.of("age", "tags", "city"), report.notCompared());
        assertEquals(1, report.outcomes().correct());
        assertTrue(printed(report).contains("age, tags, city: not in gold"), printed(report));
        assertEquals(
                3,
                new ObjectMapper()
                        .readTree(report.json())
                        .get("fields_not_compared")
                        .size());
    }

    @Test
    void completionsAreComparedWithoutTheSpaceAround() {
        EvaluationReport report = evaluate(
                "gold STRING",
                "completion STRING, error STRING",
                "gold",
                null,
                RowFactory.create("yes", " yes\n", null),
                RowFactory.create(" yes", "yes", null),
                RowFactory.create("yes", "Yes", null),
                RowFactory.create("a b", "a  b", null),
                RowFactory.create("yes", null, "refused"),
                RowFactory.create(null, "yes", null));
        assertEquals(new Outcomes(1, 0, 1, 0, 4, 2), report.outcomes());
        assertFalse(printed(report).contains("F1"), printed(report));
    }

    @Test
    void columnsWithDotsAndQuotesAreColumns() {
        EvaluationReport report = evaluate(
                "`a.b``c` STRING",
                "completion STRING, error STRING",
                "a.b`c",
                null,
                RowFactory.create("yes", "yes", null));
        assertEquals(1, report.outcomes().correct());
    }

    @Test
    void whatCannotBeComparedIsRefusedByName() {
        String text = "completion STRING, error STRING";
        refused("sentiment STRING", LABEL_COLUMNS, "sentimnt", null, "evaluate.column", "sentimnt", "sentiment");
        refused("stars BIGINT", LABEL_COLUMNS, "stars", null, "'stars' is of type bigint", "expected string");
        refused("stars BIGINT", text, "stars", null, "'stars' is of type bigint", "expected string");
        refused("tags ARRAY<STRING>", LABEL_COLUMNS, "tags", null, "array<string>", "expected string");
        String sets = "label ARRAY<STRING>, error STRING";
        refused("tags ARRAY<INT>", sets, "tags", null, "array<int>", "expected array<string>");
        refused("tags ARRAY<STRING>", sets, "tags", 5, "evaluate.bins", "no effect");
        String person = "extracted STRUCT<name STRING, age INT>, error STRING";
        refused("gold ARRAY<STRING>", person, "gold", null, "array<string>", "struct");
        refused("gold STRUCT<Name STRING>", person, "gold", null, "[Name]", "[name, age]");
        refused("gold STRING", "extracted ARRAY<INT>, error STRING", "gold", null, "array<int>");
        // An input may have columns of these names where the task does not add them.
        assertTrue(
                Evaluation.of(
                                new EvaluationConfig("label", null),
                                StructType.fromDDL("label STRING"),
                                StructType.fromDDL("label STRING, " + text))
                        instanceof TextEvaluation);
    }

    private static void refused(String input, String added, String column, Integer bins, String... mentioned) {
        ConfigException failure = assertThrows(
                ConfigException.class,
                () -> Evaluation.of(
                        new EvaluationConfig(column, bins),
                        StructType.fromDDL(input),
                        StructType.fromDDL(input + ", " + added)));
        for (String part : mentioned) {
            assertTrue(failure.getMessage().contains(part), failure.getMessage());
        }
    }

    private static EvaluationReport labels(int bins, Row... rows) {
        return evaluate("sentiment STRING", LABEL_COLUMNS, "sentiment", bins, rows);
    }

    private static EvaluationReport labelSets(String type, Row... rows) {
        return evaluate("gold " + type, "label ARRAY<STRING>, error STRING", "gold", null, rows);
    }

    private static EvaluationReport fields(String type, Row... rows) {
        return evaluate(
                "gold " + type,
                "extracted STRUCT<name STRING, age DOUBLE, tags ARRAY<STRING>, city STRING>, error STRING",
                "gold",
                null,
                rows);
    }

    private static EvaluationReport evaluate(String input, String added, String column, Integer bins, Row... rows) {
        StructType schema = StructType.fromDDL(input + ", " + added);
        return Evaluation.of(new EvaluationConfig(column, bins), StructType.fromDDL(input), schema)
                .report(spark.createDataFrame(List.of(rows), schema));
    }

    /** A row with the probabilities of a and b, the greater of which is that of the label. */
    private static Row label(String gold, String label, double a, double b) {
        return RowFactory.create(gold, label, Math.max(a, b), map(a, b), null);
    }

    private static Row rated(double probability) {
        return RowFactory.create("a", "a", probability, null, null);
    }

    private static Row abstained(String gold, double a, double b) {
        return RowFactory.create(gold, null, Math.max(a, b), map(a, b), null);
    }

    private static Row error(String gold) {
        return RowFactory.create(gold, null, null, null, "refused");
    }

    private static Map<String, Double> map(double a, double b) {
        Map<String, Double> map = new LinkedHashMap<>();
        map.put("a", a);
        map.put("b", b);
        return map;
    }

    private static Row set(List<String> gold, List<String> label) {
        return RowFactory.create(gold == null ? null : gold.toArray(), label.toArray(), null);
    }

    private static Row person(String name, Double age, List<String> tags, String city) {
        return RowFactory.create(name, age, tags, city);
    }

    private static List<Long> counts(ConfusionMatrix matrix, int row) {
        return Arrays.stream(matrix.counts()[row]).boxed().toList();
    }

    private static String printed(EvaluationReport report) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        report.print(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
