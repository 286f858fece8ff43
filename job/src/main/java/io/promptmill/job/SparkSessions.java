package io.promptmill.job;

import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the Spark session that a command runs in. */
final class SparkSessions {
    private static final Logger LOG = LoggerFactory.getLogger(SparkSessions.class);
    private static final String VECTOR_MODULE = "--add-modules=jdk.incubator.vector";
    private static final String HUB_ENDPOINT = "HF_ENDPOINT";
    private static final String EXECUTOR_OPTIONS = "spark.executor.extraJavaOptions";

    private SparkSessions() {}

    /**
     * The session of a job. What spark-submit was given stays as it is, except where the job's own {@code spark} section
     * says otherwise; the master is spark-submit's before the job's.
     */
    static SparkSession open(SparkConfig config) {
        SparkConf conf = new SparkConf();
        config.entries().forEach(conf::set);
        conf.setIfMissing("spark.master", config.master() == null ? "local[*]" : config.master());
        conf.setIfMissing("spark.app.name", config.applicationName());
        conf.setIfMissing("spark.ui.showConsoleProgress", "false");
        // Numbers of a running task travel with the heartbeat and nowhere else.
        conf.setIfMissing("spark.executor.heartbeatInterval", "2s");
        // An executor gives up after so many lost heartbeats: ten minutes, as with Spark's own interval of 10 s and 60.
        conf.setIfMissing("spark.executor.heartbeat.maxFailures", "300");
        conf.setIfMissing("spark.executorEnv.OMP_NUM_THREADS", "1");
        String hub = System.getenv(HUB_ENDPOINT);
        if (hub != null && !hub.isBlank()) {
            // Executors fetch models for themselves, and from where the driver looked for them.
            conf.setIfMissing("spark.executorEnv." + HUB_ENDPOINT, hub);
        }
        String options = conf.get(EXECUTOR_OPTIONS, "");
        if (!options.contains("jdk.incubator.vector")) {
            conf.set(EXECUTOR_OPTIONS, (options + " " + VECTOR_MODULE).strip());
        }
        String master = conf.get("spark.master");
        // local-cluster starts executors of their own.
        boolean inThisProcess = master.startsWith("local") && !master.startsWith("local-cluster");
        config.ineffective(inThisProcess).forEach(LOG::warn);
        if (master.startsWith("local")) {
            embedded(conf);
        }
        return SparkSession.builder().config(conf).getOrCreate();
    }

    /** A session of one thread in this JVM, for looking at files. */
    static SparkSession openForReading() {
        SparkConf conf = new SparkConf(false)
                .setMaster("local[1]")
                .setAppName("promptmill show")
                .set("spark.ui.showConsoleProgress", "false");
        embedded(conf);
        return SparkSession.builder().config(conf).getOrCreate();
    }

    private static void embedded(SparkConf conf) {
        conf.setIfMissing("spark.ui.enabled", "false");
        conf.setIfMissing("spark.driver.host", "127.0.0.1");
        conf.setIfMissing("spark.driver.bindAddress", "127.0.0.1");
    }
}
