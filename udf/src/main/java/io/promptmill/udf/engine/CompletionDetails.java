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

    /** Memory that it takes, about. */
    long bytes() {
        return (reasoning == null ? 0 : (long) reasoning.length() * Character.BYTES)
                + bytes(logprobs)
                + bytes(promptLogprobs);
    }

    private static long bytes(List<TokenLogprob> tokens) {
        long bytes = 0;
        for (int i = 0; tokens != null && i < tokens.size(); i++) {
            bytes += TokenLogprob.BYTES * (1L + tokens.get(i).alternatives().size());
        }
        return bytes;
    }
}
