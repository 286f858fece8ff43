package io.promptmill.udf.sampler;

import io.promptmill.udf.error.ConfigException;
import java.io.Serializable;
import java.util.List;
import java.util.Map;

/**
 * How the next token is chosen and when a completion ends. Immutable and thread-safe.
 *
 * @param temperature 0 takes the most likely token; otherwise logits are divided by it
 * @param topK keeps the k most likely tokens; 0 keeps all
 * @param topP keeps the smallest set of most likely tokens whose probability reaches it; 1 keeps all
 * @param minP drops tokens less likely than this share of the most likely one; 0 drops none
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens seen in prompt or completion; 1 is off
 * @param presencePenalty subtracted once from the logits of tokens seen in the completion
 * @param frequencyPenalty subtracted from the logits of tokens in the completion as often as they occur there
 * @param logitBias added to logits, by token id
 * @param seed of the job; a row's random stream is keyed by it, the row's id and the position
 * @param maxTokens upper bound of completion tokens
 * @param minTokens end-of-text and stop tokens are not chosen before this many
 * @param stop texts that end the completion and are not part of it
 * @param stopTokenIds tokens that end the completion, besides the model's own
 * @param ignoreEos goes on past the model's end-of-text
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
        boolean ignoreEos)
        implements Serializable {

    /** Greedy, at most 256 tokens. */
    public static final SamplingParameters DEFAULT =
            new SamplingParameters(0, 0, 1, 0, 1, 0, 0, Map.of(), 0, 256, 0, List.of(), List.of(), false);

    public SamplingParameters {
        check(temperature >= 0 && temperature <= 100, "temperature", temperature, "0 to 100");
        check(topK >= 0, "top_k", topK, "0 (all) or more");
        check(topP > 0 && topP <= 1, "top_p", topP, "above 0, at most 1");
        check(minP >= 0 && minP < 1, "min_p", minP, "0 to below 1");
        check(repetitionPenalty > 0 && repetitionPenalty <= 100, "repetition_penalty", repetitionPenalty, "above 0");
        check(Math.abs(presencePenalty) <= 100, "presence_penalty", presencePenalty, "-100 to 100");
        check(Math.abs(frequencyPenalty) <= 100, "frequency_penalty", frequencyPenalty, "-100 to 100");
        check(maxTokens >= 1, "max_tokens", maxTokens, "1 or more");
        check(minTokens >= 0 && minTokens <= maxTokens, "min_tokens", minTokens, "0 to max_tokens");
        logitBias = Map.copyOf(logitBias);
        stop = List.copyOf(stop);
        stopTokenIds = List.copyOf(stopTokenIds);
        check(stop.stream().noneMatch(String::isEmpty), "stop", stop, "texts that are not empty");
        check(
                logitBias.values().stream().noneMatch(bias -> bias.isNaN()),
                "logit_bias",
                logitBias,
                "numbers by token id");
    }

    private static void check(boolean valid, String key, Object value, String expected) {
        if (!valid) {
            throw new ConfigException("sampling." + key + " is " + value + "; expected " + expected);
        }
    }
}
