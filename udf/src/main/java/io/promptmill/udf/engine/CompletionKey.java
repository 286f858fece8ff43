package io.promptmill.udf.engine;

import io.promptmill.udf.sampler.SamplingParameters;
import java.util.Arrays;
import java.util.Objects;

/**
 * All that a greedy completion depends on: two requests of equal keys have the same completion. Compared exactly, token
 * by token. Immutable, as long as nobody changes the prompt, and thread-safe.
 *
 * @param prompt token ids
 * @param sampling with what has no effect on the most likely token at its default
 * @param adapter name, or null
 * @param options constraint, log-probabilities and the like
 */
record CompletionKey(int[] prompt, SamplingParameters sampling, String adapter, CompletionOptions options)
        implements ResultKey {
    /** Objects and references of a key. */
    private static final int FIXED_BYTES = 256;

    private static final int ENTRY_BYTES = 64;

    /** The key of a request, or null where its completion depends on its row's random stream. */
    static CompletionKey of(Request request) {
        if (request.sampling().temperature() != 0) {
            return null;
        }
        return new CompletionKey(
                request.promptTokens(),
                request.sampling().toBuilder().seed(0).topK(0).topP(1).minP(0).build(),
                request.adapter(),
                request.options());
    }

    @Override
    public long bytes() {
        long entries = sampling.logitBias().size()
                + sampling.stop().size()
                + sampling.stopTokenIds().size();
        long texts = sampling.stop().stream().mapToLong(String::length).sum();
        return FIXED_BYTES + entries * ENTRY_BYTES + texts * Character.BYTES + (long) prompt.length * Integer.BYTES;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CompletionKey key
                && Arrays.equals(key.prompt, prompt)
                && key.sampling.equals(sampling)
                && Objects.equals(key.adapter, adapter)
                && key.options.equals(options);
    }

    @Override
    public int hashCode() {
        return Objects.hash(Arrays.hashCode(prompt), sampling, adapter, options);
    }
}
