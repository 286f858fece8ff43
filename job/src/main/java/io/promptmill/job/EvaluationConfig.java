package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.error.ConfigException;
import java.util.List;

/**
 * That a job's rows are to be compared with answers known to be right.
 *
 * @param column of the input, with the right answers
 * @param bins of the reliability curve, or null for {@link #DEFAULT_BINS}: other tasks than single labels have none
 */
record EvaluationConfig(String column, Integer bins) {
    static final int DEFAULT_BINS = 10;
    private static final int MOST_BINS = 100;
    private static final List<String> KEYS = List.of("column", "bins");

    EvaluationConfig {
        if (bins != null && (bins < 1 || bins > MOST_BINS)) {
            throw new ConfigException("'evaluate.bins' is " + bins + "; expected 1 to " + MOST_BINS);
        }
    }

    /**
     * Binds the section.
     *
     * @param node the section, or null
     * @return null where there is none
     */
    static EvaluationConfig of(JsonNode node) {
        if (node == null) {
            return null;
        }
        Section section = Section.of("evaluate", node, KEYS);
        return new EvaluationConfig(
                section.requireText("column"), section.smallInteger("bins").orElse(null));
    }
}
