package io.promptmill.udf.spark;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.engine.CompletionOptions;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.sampler.SamplingParameters;
import java.util.List;
import java.util.Set;

/**
 * Completions as text.
 *
 * @param constraint that every completion must meet, or null
 * @param logprobs most likely tokens to report for each token of the completion besides itself; {@link
 *     CompletionOptions#NONE} for no log-probabilities
 * @param promptLogprobs the same for the tokens of the prompt
 * @param n completions of a row
 * @param bestOf completions that are made, of which the {@code n} with the highest mean log-probability are kept
 * @param explode whether each completion becomes an output row of its own
 */
public record GenerateTask(
        ConstraintSpec constraint, int logprobs, int promptLogprobs, int n, int bestOf, boolean explode)
        implements TaskSpec {
    /** One completion, and nothing else. */
    public static final GenerateTask DEFAULT =
            new GenerateTask(null, CompletionOptions.NONE, CompletionOptions.NONE, 1, 1, false);

    /** More is a mistake rather than a wish: each costs as much as a row of its own. */
    static final int MOST = 1000;

    /** @throws ConfigException where a value is out of range */
    public GenerateTask {
        new CompletionOptions(null, null, logprobs, promptLogprobs);
        if (n < 1 || n > MOST) {
            throw new ConfigException("generate.n is " + n + "; expected 1 to " + MOST);
        }
        if (bestOf < n || bestOf > MOST) {
            throw new ConfigException(
                    "generate.best_of is " + bestOf + "; expected generate.n, which is " + n + ", to " + MOST);
        }
    }

    @Override
    public List<ConstraintSpec> constraints() {
        return constraint == null ? List.of() : List.of(constraint);
    }

    @Override
    public String name() {
        return "generate";
    }

    @Override
    public void checkAgainst(SamplingParameters sampling, Set<String> overridden, Reasoning reasoning) {
        if (bestOf > 1 && sampling.temperature() == 0 && !overridden.contains(SamplingKey.TEMPERATURE.label())) {
            throw new ConfigException((n > 1 ? "generate.n is " + n : "generate.best_of is " + bestOf)
                    + ", but with sampling.temperature 0 all would be equal; set a temperature, such as 0.8");
        }
    }
}
