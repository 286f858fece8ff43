package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.apache.spark.SparkConf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterSlotsTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            32 | 32 |   | 32
            32 | 16 |   | 32
            32 | 32 | 2 | 16
            32 | 16 | 4 | 8
            # A third task of four cores does not fit ten.
            40 | 10 | 4 | 8
            # Fewer than Spark was told of: no executor has come yet.
            2  | 16 | 4 | 1
            3  | 16 | 1 | 3
            """)
    void anExecutorRunsWholeTasks(int cores, int perExecutor, String perTask, int slots) {
        assertEquals(slots, ClusterSlots.slots(conf("yarn", null, perTask), cores, perExecutor));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            yarn         | true  | 8          | 16 |   | 128
            yarn         | true  | 8          | 16 | 4 | 32
            yarn         | true  | 8          |    |   | 8
            yarn         | true  |            | 16 |   | 0
            yarn         | false | 8          | 16 |   | 0
            yarn         | true  | 2000000000 | 16 |   | 1048576
            spark://host | true  | 8          | 4  |   | 32
            spark://host | true  | 8          |    |   | 0
            """)
    void executorsThatMayComeAreCounted(
            String master, boolean dynamic, String most, String cores, String perTask, int slots) {
        SparkConf conf = conf(master, cores, perTask).set("spark.dynamicAllocation.enabled", "" + dynamic);
        if (most != null) {
            conf.set("spark.dynamicAllocation.maxExecutors", most);
        }
        assertEquals(slots, ClusterSlots.mostSlots(conf));
    }

    private static SparkConf conf(String master, String perExecutor, String perTask) {
        SparkConf conf = new SparkConf(false).setMaster(master);
        if (perExecutor != null) {
            conf.set("spark.executor.cores", perExecutor);
        }
        if (perTask != null) {
            conf.set("spark.task.cpus", perTask);
        }
        return conf;
    }
}
