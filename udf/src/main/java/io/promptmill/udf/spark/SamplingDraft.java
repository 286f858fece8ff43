package io.promptmill.udf.spark;

import io.promptmill.udf.sampler.SamplingParameters;
import java.util.List;
import java.util.Map;

/** Sampling parameters while a row's overrides are laid over the job's defaults. Not thread-safe. */
final class SamplingDraft {
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

    SamplingDraft(SamplingParameters defaults) {
        temperature = defaults.temperature();
        topK = defaults.topK();
        topP = defaults.topP();
        minP = defaults.minP();
        repetitionPenalty = defaults.repetitionPenalty();
        presencePenalty = defaults.presencePenalty();
        frequencyPenalty = defaults.frequencyPenalty();
        logitBias = defaults.logitBias();
        seed = defaults.seed();
        maxTokens = defaults.maxTokens();
        minTokens = defaults.minTokens();
        stop = defaults.stop();
        stopTokenIds = defaults.stopTokenIds();
        ignoreEos = defaults.ignoreEos();
    }

    /** @throws IllegalArgumentException where the value is of another kind; the message says what was expected */
    void set(SamplingKey key, Object value) {
        switch (key) {
            case TEMPERATURE -> temperature = SamplingValues.number(value);
            case TOP_K -> topK = SamplingValues.count(value);
            case TOP_P -> topP = SamplingValues.number(value);
            case MIN_P -> minP = SamplingValues.number(value);
            case REPETITION_PENALTY -> repetitionPenalty = SamplingValues.number(value);
            case PRESENCE_PENALTY -> presencePenalty = SamplingValues.number(value);
            case FREQUENCY_PENALTY -> frequencyPenalty = SamplingValues.number(value);
            case LOGIT_BIAS -> logitBias = SamplingValues.bias(value);
            case SEED -> seed = SamplingValues.whole(value);
            case MAX_TOKENS -> maxTokens = SamplingValues.count(value);
            case MIN_TOKENS -> minTokens = SamplingValues.count(value);
            case STOP -> stop = SamplingValues.texts(value);
            case STOP_TOKEN_IDS -> stopTokenIds = SamplingValues.tokens(value);
            case IGNORE_EOS -> ignoreEos = SamplingValues.flag(value);
        }
    }

    /** @throws io.promptmill.udf.error.ConfigException where a value is out of its range */
    SamplingParameters build() {
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
                ignoreEos);
    }
}
