package io.promptmill.udf.spark;

import io.promptmill.udf.engine.EngineConfig;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;

/**
 * The threads of an engine whose configuration leaves them open: as many as Spark gave this executor cores. All
 * processors of the host would be too many where it runs several executors.
 */
final class ExecutorThreads {
    private static final String MASTER = "spark.master";
    private static final String EXECUTOR_CORES = "spark.executor.cores";
    private static final Pattern LOCAL = Pattern.compile("local(?:\\[\\s*(\\*|\\d+)\\s*(?:,\\s*\\d+\\s*)?])?");

    private ExecutorThreads() {}

    /** The configuration with its threads decided for this JVM; unchanged outside of Spark and where they are given. */
    static EngineConfig decide(EngineConfig config) {
        SparkEnv spark = SparkEnv.get();
        return spark == null
                ? config
                : decide(config, spark.conf(), Runtime.getRuntime().availableProcessors());
    }

    /** @param processors that this JVM may use; more threads would only wait for one another */
    static EngineConfig decide(EngineConfig config, SparkConf spark, int processors) {
        int cores = cores(spark);
        if (config.threads() != 0 || cores == 0) {
            return config;
        }
        return config.withThreads(Math.min(cores, processors));
    }

    /** Cores of this executor, 0 where Spark was not told: all of the host then. */
    private static int cores(SparkConf spark) {
        Matcher local = LOCAL.matcher(spark.get(MASTER, ""));
        if (!local.matches()) {
            return Math.max(0, spark.getInt(EXECUTOR_CORES, 0));
        }
        String tasks = local.group(1);
        if (tasks == null) {
            return 1;
        }
        return tasks.equals("*") ? 0 : Integer.parseInt(tasks);
    }
}
