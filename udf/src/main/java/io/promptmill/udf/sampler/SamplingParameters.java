package io.promptmill.udf.sampler;

import io.promptmill.udf.error.ConfigException;
import java.io.Serializable;
import java.util.List;
import java.util.Map;

/**
 * How the next token is chosen and when a completion ends. Immutable and thread-safe.
 *
 * @param temperature 0 takes the most likely token; otherwise, from a millionth up, logits are divided by it
 * @param topK keeps the k most likely tokens; 0 keeps all
 * @param topP keeps the smallest set of most likely tokens whose probability reaches it; 1 keeps all
 * @param minP drops tokens less likely than this share of the most likely one; 0 drops none
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens seen in prompt or completion; 1 is off
 * @param presencePenalty subtracted once from the logits of tokens seen in the completion
 * @param frequencyPenalty subtracted from the logits of tokens in the completion as often as they occur there
 * @param logitBias added to logits, by token id; negative infinity bans a token
 * @param seed of the job; a row's random stream is keyed by it, the row's id and the position
 * @param maxTokens upper bound of completion tokens
 * @param minTokens end-of-text and stop tokens are not chosen before this many
 * @param stop texts that end the completion and are not part of it
 * @param stopTokenIds tokens that end the completion, besides the model's own
 * @param ignoreEos goes on past the model's end-of-text
 * @param repetitionLimit tokens in a loop that end a completion, see {@link RepetitionDetector}; 0 for none
 */
public record SamplingParameters(
        double temperature,
        int topK,
        double topP,
        double minP,
        double repetitionPenalty,
        double presencePenalty,
        double frequencyPenalty,
        Map<Integer, Float> logitBias,
        long seed,
        int maxTokens,
        int minTokens,
        List<String> stop,
        List<Integer> stopTokenIds,
        boolean ignoreEos,
        int repetitionLimit)
        implements Serializable {

    /** Greedy, at most 256 tokens. */
    public static final SamplingParameters DEFAULT =
            new SamplingParameters(0, 0, 1, 0, 1, 0, 0, Map.of(), 0, 256, 0, List.of(), List.of(), false, 128);

    /** Logits divided by less leave the range of float. */
    private static final double LOWEST_TEMPERATURE = 1e-6;

    /** A loop of fewer tokens is none, and one of more is seen late and takes memory. */
    private static final int LEAST_REPETITION = 8;

    private static final int MOST_REPETITION = 4096;

    public SamplingParameters {
        check(
                temperature == 0 || temperature >= LOWEST_TEMPERATURE && temperature <= 100,
                "temperature",
                temperature,
                "0 to 100 (0, or at least " + LOWEST_TEMPERATURE + ")");
        check(topK >= 0, "top_k", topK, "0 (all) or more");
        check(topP > 0 && topP <= 1, "top_p", topP, "above 0, at most 1");
        check(minP >= 0 && minP < 1, "min_p", minP, "0 to below 1");
        check(
                repetitionPenalty > 0 && repetitionPenalty <= 100,
                "repetition_penalty",
                repetitionPenalty,
                "above 0, at most 100");
        check(Math.abs(presencePenalty) <= 100, "presence_penalty", presencePenalty, "-100 to 100");
        check(Math.abs(frequencyPenalty) <= 100, "frequency_penalty", frequencyPenalty, "-100 to 100");
        check(maxTokens >= 1, "max_tokens", maxTokens, "1 or more");
        check(minTokens >= 0 && minTokens <= maxTokens, "min_tokens", minTokens, "0 to max_tokens");
        check(
                repetitionLimit == 0 || repetitionLimit >= LEAST_REPETITION && repetitionLimit <= MOST_REPETITION,
                "repetition_limit",
                repetitionLimit,
                "0 (none), or " + LEAST_REPETITION + " to " + MOST_REPETITION);
        logitBias = Map.copyOf(logitBias);
        stop = List.copyOf(stop);
        stopTokenIds = List.copyOf(stopTokenIds);
        check(stop.stream().noneMatch(String::isEmpty), "stop", stop, "texts that are not empty");
        check(
                logitBias.values().stream().noneMatch(bias -> bias.isNaN() || bias == Float.POSITIVE_INFINITY),
                "logit_bias",
                logitBias,
                "numbers by token id, of at most " + Float.MAX_VALUE + "; -infinity bans a token");
    }

    private static void check(boolean valid, String key, Object value, String expected) {
        if (!valid) {
            throw new ConfigException("sampling." + key + " is " + value + "; expected " + expected);
        }
    }

    /** A copy to change: {@code DEFAULT.toBuilder().temperature(0.8).seed(7).build()}. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** Parameters under change; values are checked together, by {@link #build}. Not thread-safe. */
    public static final class Builder {
        private double temperature;
        private int topK;
        private double topP;
        private double minP;
        private double repetitionPenalty;
        private double presencePenalty;
        private double frequencyPenalty;
        private Map<Integer, Float> logitBias;
        private long seed;
        private int maxTokens;
        private int minTokens;
        private List<String> stop;
        private List<Integer> stopTokenIds;
        private boolean ignoreEos;
        private int repetitionLimit;

        private Builder(SamplingParameters from) {
            temperature = from.temperature;
            topK = from.topK;
            topP = from.topP;
            minP = from.minP;
            repetitionPenalty = from.repetitionPenalty;
            presencePenalty = from.presencePenalty;
            frequencyPenalty = from.frequencyPenalty;
            logitBias = from.logitBias;
            seed = from.seed;
            maxTokens = from.maxTokens;
            minTokens = from.minTokens;
            stop = from.stop;
            stopTokenIds = from.stopTokenIds;
            ignoreEos = from.ignoreEos;
            repetitionLimit = from.repetitionLimit;
        }

        public Builder temperature(double value) {
            temperature = value;
            return this;
        }

        public Builder topK(int value) {
            topK = value;
            return this;
        }

        public Builder topP(double value) {
            topP = value;
            return this;
        }

        public Builder minP(double value) {
            minP = value;
            return this;
        }

        public Builder repetitionPenalty(double value) {
            repetitionPenalty = value;
            return this;
        }

        public Builder presencePenalty(double value) {
            presencePenalty = value;
            return this;
        }

        public Builder frequencyPenalty(double value) {
            frequencyPenalty = value;
            return this;
        }

        public Builder logitBias(Map<Integer, Float> value) {
            logitBias = value;
            return this;
        }

        public Builder seed(long value) {
            seed = value;
            return this;
        }

        public Builder maxTokens(int value) {
            maxTokens = value;
            return this;
        }

        public Builder minTokens(int value) {
            minTokens = value;
            return this;
        }

        public Builder stop(List<String> value) {
            stop = value;
            return this;
        }

        public Builder stopTokenIds(List<Integer> value) {
            stopTokenIds = value;
            return this;
        }

        public Builder ignoreEos(boolean value) {
            ignoreEos = value;
            return this;
        }

        public Builder repetitionLimit(int value) {
            repetitionLimit = value;
            return this;
        }

        /** @throws ConfigException where a value is out of its range */
        public SamplingParameters build() {
            return new SamplingParameters(
                    temperature,
                    topK,
                    topP,
                    minP,
                    repetitionPenalty,
                    presencePenalty,
                    frequencyPenalty,
                    logitBias,
                    seed,
                    maxTokens,
                    minTokens,
                    stop,
                    stopTokenIds,
                    ignoreEos,
                    repetitionLimit);
        }
    }
}
