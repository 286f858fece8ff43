package io.promptmill.udf.sampler;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What sampling has to remember of one sequence: its random stream and the tokens that penalties look at. Used by one
 * thread at a time.
 */
public final class SamplingState {
    private final SamplingParameters parameters;
    private final RandomStream random;
    private final int[] endTokens;
    private final boolean remembers;
    private final BitSet seen = new BitSet();
    private final Map<Integer, Integer> completionCounts = new HashMap<>();
    private int completionTokens;

    /**
     * @param rowId keys the random stream together with the seed
     * @param prompt tokens that the repetition penalty counts as seen
     * @param endTokens of the model, which end a completion unless it ignores them
     */
    public SamplingState(SamplingParameters parameters, String rowId, int[] prompt, Set<Integer> endTokens) {
        this.parameters = parameters;
        this.random = new RandomStream(parameters.seed(), rowId);
        Set<Integer> ends = new TreeSet<>(parameters.stopTokenIds());
        if (!parameters.ignoreEos()) {
            ends.addAll(endTokens);
        }
        this.endTokens = ends.stream().mapToInt(Integer::intValue).toArray();
        this.remembers = parameters.repetitionPenalty() != 1
                || parameters.presencePenalty() != 0
                || parameters.frequencyPenalty() != 0;
        if (remembers) {
            for (int token : prompt) {
                seen.set(token);
            }
        }
    }

    /** Notes a sampled token. */
    public void accept(int token) {
        completionTokens++;
        if (remembers) {
            seen.set(token);
            completionCounts.merge(token, 1, Integer::sum);
        }
    }

    /** True for a token that ends the completion. */
    public boolean ends(int token) {
        for (int end : endTokens) {
            if (end == token) {
                return true;
            }
        }
        return false;
    }

    SamplingParameters parameters() {
        return parameters;
    }

    /** True where the next token is that of the largest logit as the model computed it. */
    public boolean takesLargest() {
        return parameters.temperature() == 0 && leavesLogits();
    }

    private boolean leavesLogits() {
        return !remembers
                && parameters.logitBias().isEmpty()
                && (completionTokens >= parameters.minTokens() || endTokens.length == 0);
    }

    /** Applies bias, penalties and the minimum length to logits {@code [vocabulary]}. */
    void adjust(float[] logits, int vocabularySize) {
        parameters.logitBias().forEach((token, bias) -> {
            if (token >= 0 && token < vocabularySize) {
                logits[token] += bias;
            }
        });
        if (remembers) {
            penalize(logits);
        }
        if (completionTokens < parameters.minTokens()) {
            for (int end : endTokens) {
                if (end >= 0 && end < vocabularySize) {
                    logits[end] = Float.NEGATIVE_INFINITY;
                }
            }
        }
    }

    private void penalize(float[] logits) {
        float repetition = (float) parameters.repetitionPenalty();
        for (int token = seen.nextSetBit(0); token >= 0; token = seen.nextSetBit(token + 1)) {
            logits[token] = logits[token] > 0 ? logits[token] / repetition : logits[token] * repetition;
        }
        completionCounts.forEach((token, count) ->
                logits[token] -= (float) (parameters.presencePenalty() + parameters.frequencyPenalty() * count));
    }

    double nextUniform() {
        return random.uniform(completionTokens);
    }
}
