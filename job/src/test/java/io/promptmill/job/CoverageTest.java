package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.job.ledger.RowKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class CoverageTest {
    private static final StructType INPUT = StructType.fromDDL("text STRING, more STRING");
    private static final StructType RESULTS =
            StructType.fromDDL(RowKeys.KEY + " BINARY, attempts INT NOT NULL, error STRING");
    private static final StructType EXPLODED = RESULTS.add("completion_index", "int");
    private static SparkSession spark;

    @BeforeAll
    static void openSession() {
        spark = SparkSessions.open(new SparkConfig("local[2]", "test", Map.of("spark.sql.shuffle.partitions", "2")));
    }

    @AfterAll
    static void closeSession() {
        spark.stop();
    }

    /** Rows whose keys are those of their texts. */
    private static Dataset<Row> input(String... texts) {
        List<Row> rows = new ArrayList<>();
        for (String text : texts) {
            rows.add(RowFactory.create(text, "more of " + text));
        }
        return RowKeys.with(spark.createDataFrame(rows, INPUT), List.of("text"));
    }

    /** A result of a text, with its error or null. */
    private static Row result(String text, int attempts, String error, Object... index) {
        byte[] key = input(text).first().getAs(RowKeys.KEY);
        return index.length == 0
                ? RowFactory.create(key, attempts, error)
                : RowFactory.create(key, attempts, error, index[0]);
    }

    private static Coverage of(Dataset<Row> input, StructType schema, Row... results) {
        return Coverage.of(input, spark.createDataFrame(List.of(results), schema));
    }

    @Test
    void countsWhatIsThereAndWhatIsMissing() {
        Coverage coverage = of(
                input("a", "b", "c", "d"), RESULTS, result("a", 1, null), result("c", 3, "no"), result("gone", 9, "x"));
        assertEquals(4, coverage.rows());
        assertEquals(2, coverage.missing());
        assertEquals(2, coverage.results());
        assertEquals(4, coverage.attempts());
        assertEquals(1, coverage.errors());
        assertFalse(coverage.haveAllFailed());
        assertTrue(of(input("c"), RESULTS, result("c", 1, "no")).haveAllFailed());
    }

    @Test
    void equalRowsShareAResult() {
        Coverage coverage = of(input("a", "a", "b", "b", "b"), RESULTS, result("a", 1, "no"));
        assertEquals(5, coverage.rows());
        assertEquals(3, coverage.missing());
        assertEquals(2, coverage.errors());
    }

    @Test
    void severalCompletionsAreOneRow() {
        Coverage plain = of(input("a", "b", "c"), RESULTS, result("a", 1, null), result("b", 1, null));
        Coverage exploded = of(
                input("a", "b", "c"),
                EXPLODED,
                result("a", 1, null, 0),
                result("a", 1, null, 1),
                result("b", 2, "no", 0),
                result("b", 2, "no", 1));
        assertEquals(3, exploded.rows());
        assertEquals(plain.checksum(), exploded.checksum());
        assertEquals(1, exploded.missing());
        assertEquals(4, exploded.results());
        assertEquals(2, exploded.errors());
    }

    @Test
    void theChecksumIsOfTheRowsInAnyOrder() {
        long checksum = of(input("a", "b"), RESULTS).checksum();
        assertEquals(
                checksum, of(input("b", "a"), RESULTS, result("a", 1, null)).checksum());
        assertNotEquals(checksum, of(input("a", "c"), RESULTS).checksum());
        assertNotEquals(checksum, of(input("a", "b", "b"), RESULTS).checksum());
    }

    @Test
    void anEmptyInputIsCovered() {
        assertEquals(new Coverage(0, 0, 0, 0, 0, 0), of(input(), RESULTS, result("a", 1, null)));
    }
}
