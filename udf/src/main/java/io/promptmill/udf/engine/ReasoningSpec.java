package io.promptmill.udf.engine;

import io.promptmill.udf.error.ConfigException;
import java.io.Serializable;

/**
 * How a model's thinking is told from its answer. Immutable and thread-safe.
 *
 * @param start text with which thinking begins, such as {@code <think>}
 * @param end text with which it ends
 * @param maxTokens of the thinking, after which it is ended; 0: as many as the completion may have
 */
public record ReasoningSpec(String start, String end, int maxTokens) implements Serializable {
    public ReasoningSpec {
        if (start.isBlank() || end.isBlank() || maxTokens < 0) {
            throw new ConfigException("reasoning has start '" + start + "', end '" + end + "' and max_tokens "
                    + maxTokens + "; expected two texts and 0 or more tokens");
        }
    }
}
