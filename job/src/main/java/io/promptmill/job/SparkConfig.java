package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.error.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Settings of the Spark session.
 *
 * @param master used where spark-submit names none; null: {@code local[*]}
 * @param applicationName shown in Spark's interface
 * @param entries Spark's own settings, each beginning with {@code spark.}
 */
record SparkConfig(String master, String applicationName, Map<String, String> entries) {
    private static final String MASTER = "master";
    private static final String APPLICATION_NAME = "app_name";

    static SparkConfig of(JsonNode node) {
        Section section = Section.anyKeys("spark", node);
        Map<String, String> entries = section.scalars();
        String master = entries.remove(MASTER);
        String applicationName = entries.remove(APPLICATION_NAME);
        for (String key : entries.keySet()) {
            if (!key.startsWith("spark.")) {
                throw new ConfigException("unknown key 'spark." + key + "'; expected " + MASTER + ", "
                        + APPLICATION_NAME + " or a setting of Spark under its full name, such as 'spark." + key + "'");
            }
        }
        return new SparkConfig(master, applicationName == null ? "promptmill" : applicationName, Map.copyOf(entries));
    }

    /** What is given and comes too late or has nothing to act on, a sentence each. */
    List<String> ineffective(boolean embedded) {
        List<String> sentences = new ArrayList<>();
        String remedy = " has no effect here; give submit.sh PROMPTMILL_MEMORY or --driver-memory";
        if (entries.containsKey("spark.driver.memory")) {
            sentences.add("spark.driver.memory: the driver runs already and the setting" + remedy);
        }
        if (embedded && entries.containsKey("spark.executor.memory")) {
            sentences.add("spark.executor.memory: the job runs in the driver's process and the setting" + remedy);
        }
        return sentences;
    }
}
