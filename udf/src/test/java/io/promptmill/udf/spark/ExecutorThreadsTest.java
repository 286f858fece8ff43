package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.promptmill.udf.engine.EngineConfig;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExecutorThreadsTest {
    private static SparkConf conf(String master, String cores) {
        SparkConf conf = new SparkConf(false);
        if (master != null) {
            conf.set("spark.master", master);
        }
        return cores == null ? conf : conf.set("spark.executor.cores", cores);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            spark://host:7077     | 4  | 4
            spark://host:7077     |    | 0
            yarn                  | 4  | 4
            yarn                  | 64 | 16
            k8s://https://host    | 8  | 8
            local-cluster[2,3,99] | 3  | 3
            local                 | 4  | 1
            local[3]              | 4  | 3
            local[ 3 , 2 ]        |    | 3
            local[64]             |    | 16
            local[*]              | 4  | 0
            local[*,2]            |    | 0
                                  | 4  | 4
                                  |    | 0
            """)
    void followsTheCoresThatSparkGaveTheExecutor(String master, String cores, int threads) {
        EngineConfig config = new EngineConfig(0, 64, 4, 128, 1 << 20, false, "f32", "auto", 30);
        assertEquals(
                new EngineConfig(threads, 64, 4, 128, 1 << 20, false, "f32", "auto", 30),
                ExecutorThreads.decide(config, conf(master, cores), 16));
    }

    @Test
    void threadsThatAreGivenStay() {
        EngineConfig config = new EngineConfig(7, 64, 4, 128, 1 << 20, false, "f32", "auto");
        assertEquals(config, ExecutorThreads.decide(config, conf("yarn", "4"), 16));
    }
}
