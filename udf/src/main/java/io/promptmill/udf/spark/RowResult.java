package io.promptmill.udf.spark;

import io.promptmill.udf.engine.ChoiceScores;
import io.promptmill.udf.engine.FinishReason;
import io.promptmill.udf.error.RowError;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What became of a row.
 *
 * @param rows of the output, each with the values of the task's columns by name; a column that is absent is null
 * @param promptTokens of all requests
 * @param completionTokens of all requests
 * @param failed whether the row has an error
 * @param copied whether all was computed for other, equal requests
 */
record RowResult(
        List<Map<String, Object>> rows, long promptTokens, long completionTokens, boolean failed, boolean copied) {

    /** One output row with an error. */
    static RowResult failed(RowError error, int promptTokens, int completionTokens) {
        Map<String, Object> row = values(FinishReason.ERROR, promptTokens, completionTokens);
        row.putAll(columns(error));
        return new RowResult(List.of(row), promptTokens, completionTokens, true, false);
    }

    /** The columns of an error. */
    static Map<String, Object> columns(RowError error) {
        return Map.of(
                OutputSchema.ERROR,
                error.message(),
                OutputSchema.ERROR_CATEGORY,
                error.category().label());
    }

    /** The columns that every task has, to which it adds its own. */
    static Map<String, Object> values(FinishReason reason, int promptTokens, int completionTokens) {
        Map<String, Object> row = new HashMap<>();
        row.put(OutputSchema.FINISH_REASON, reason.label());
        row.put(OutputSchema.PROMPT_TOKENS, promptTokens);
        row.put(OutputSchema.COMPLETION_TOKENS, completionTokens);
        row.put(OutputSchema.ATTEMPTS, 1);
        return row;
    }

    /** One output row of scored choices. */
    static RowResult scored(Map<String, Object> row, List<ChoiceScores> scores) {
        return new RowResult(
                List.of(row),
                scores.stream().mapToLong(ChoiceScores::promptTokens).sum(),
                scores.stream().mapToLong(ChoiceScores::choiceTokens).sum(),
                false,
                scores.stream().allMatch(ChoiceScores::copied));
    }
}
