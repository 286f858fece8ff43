package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TaskKillTest {

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aKilledTaskStopsWaitingForAnEngineThatNeverAnswers(boolean interrupt) throws Exception {
        StubEngine engine = new StubEngine(0, false, false, StubEngine::echo);
        Dataset<Row> rows = LocalSpark.session().range(0, 100, 1, 2).selectExpr("string(id) AS prompt");
        GenerateFunction function = new GenerateFunction(
                LocalSpark.spec(null, LocalSpark.column("prompt"), Map.of()),
                rows.schema(),
                null,
                StubSource.of("silent-" + interrupt, engine));
        SparkContext context = LocalSpark.session().sparkContext();
        String group = "killed-" + interrupt;
        ExecutorService driver = Executors.newSingleThreadExecutor();
        try {
            Future<Long> job = driver.submit(() -> {
                context.setJobGroup(group, group, interrupt);
                return (long) function.applyTo(rows).collectAsList().size();
            });
            while (engine.queued() < 2 * 16) {
                TimeUnit.MILLISECONDS.sleep(20);
            }
            context.cancelJobGroup(group);
            assertThrows(ExecutionException.class, job::get);
            // The two threads of local[2] serve another job only once the killed tasks have let go of them.
            assertEquals(10, LocalSpark.session().range(0, 10, 1, 2).count());
            assertTrue(engine.allCancelled(), "requests of a killed task are given up");
        } finally {
            driver.shutdownNow();
        }
    }
}
