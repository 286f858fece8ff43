package io.promptmill.udf.engine;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.error.ConfigException;
import java.io.Serializable;

/**
 * What is asked of a completion besides its sampling. Immutable and thread-safe.
 *
 * @param constraint that the text, or the answer after the reasoning, must meet; null for none
 * @param reasoning how the model's thinking is told from its answer; null for a model that does not think
 * @param logprobs alternatives to report for each token of the completion besides its own log-probability; {@link #NONE}
 *     for no log-probabilities
 * @param promptLogprobs the same for the tokens of the prompt
 */
public record CompletionOptions(ConstraintSpec constraint, ReasoningSpec reasoning, int logprobs, int promptLogprobs)
        implements Serializable {
    /** No log-probabilities. */
    public static final int NONE = -1;

    /** More alternatives are hardly ever of use, and every row would carry them. */
    public static final int MOST_ALTERNATIVES = 20;

    /** A text, and nothing else. */
    public static final CompletionOptions DEFAULT = new CompletionOptions(null, null, NONE, NONE);

    public CompletionOptions {
        check("logprobs", logprobs);
        check("prompt_logprobs", promptLogprobs);
    }

    private static void check(String key, int value) {
        if (value < NONE || value > MOST_ALTERNATIVES) {
            throw new ConfigException(
                    key + " is " + value + "; expected 0 (the token's own) to " + MOST_ALTERNATIVES + " alternatives");
        }
    }

    public CompletionOptions withConstraint(ConstraintSpec newConstraint) {
        return new CompletionOptions(newConstraint, reasoning, logprobs, promptLogprobs);
    }

    public CompletionOptions withLogprobs(int newLogprobs) {
        return new CompletionOptions(constraint, reasoning, newLogprobs, promptLogprobs);
    }
}
