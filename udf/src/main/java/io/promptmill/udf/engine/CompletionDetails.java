package io.promptmill.udf.engine;

import java.util.List;

/**
 * What a request asked for besides the text.
 *
 * @param reasoning what the model thought, or null where it did not, or was not asked for it
 * @param reasoningTokens tokens of it, marks included
 * @param logprobs of the completion's tokens, or null where they were not asked for
 * @param promptLogprobs of the prompt's tokens, or null
 * @param meanLogprob of the completion's tokens; NaN where log-probabilities were not asked for or there is no token
 */
public record CompletionDetails(
        String reasoning,
        int reasoningTokens,
        List<TokenLogprob> logprobs,
        List<TokenLogprob> promptLogprobs,
        double meanLogprob) {
    public static final CompletionDetails NONE = new CompletionDetails(null, 0, null, null, Double.NaN);
}
