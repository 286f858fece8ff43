package io.promptmill.job;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.engine.Adapter;
import io.promptmill.udf.engine.Completion;
import io.promptmill.udf.engine.CompletionOptions;
import io.promptmill.udf.engine.Engine;
import io.promptmill.udf.engine.EngineConfig;
import io.promptmill.udf.engine.EngineStatistics;
import io.promptmill.udf.engine.Request;
import io.promptmill.udf.sampler.SamplingParameters;
import io.promptmill.udf.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/**
 * A job of equal prompts, all given to the engine at once, greedy, generating past the end of text so that every run
 * does the same work.
 *
 * @param sharedPrefix tokens that all prompts have in common at their start
 * @param warmUpPrompts other prompts that are completed first and not measured: the JVM compiles the hot code meanwhile
 * @param adapters that prompts use in turn; without any, they use none
 * @param options of every prompt; a constraint may end a completion early
 */
record Benchmark(
        int prompts,
        int promptTokens,
        int generateTokens,
        int sharedPrefix,
        int warmUpPrompts,
        List<Adapter> adapters,
        CompletionOptions options) {
    private static final long SEED = 20_240_601L;
    private static final long WARM_UP_SEED = 20_240_602L;

    /**
     * Runs the job once in a fresh engine.
     *
     * @return figures by name, in the order to show them
     */
    Map<String, Object> run(Path model, EngineConfig config) {
        long start = System.nanoTime();
        List<ConstraintSpec> constraints = options.constraint() == null ? List.of() : List.of(options.constraint());
        try (Engine engine = Engine.open(model, config, adapters, constraints)) {
            double loadSeconds = seconds(System.nanoTime() - start);
            double constraintSeconds = firstSubmission(engine);
            double warmUpSeconds = complete(engine, requests(engine.tokenizer(), warmUpPrompts, WARM_UP_SEED));
            EngineStatistics before = engine.statistics();
            double wallSeconds = complete(engine, requests(engine.tokenizer(), prompts, SEED));
            Map<String, Object> figures = figures(engine, before, loadSeconds, wallSeconds);
            figures.put("warm_up_seconds", warmUpSeconds);
            if (!constraints.isEmpty()) {
                figures.put("constraints_compiled", engine.compiledConstraints());
                figures.put("constraint_wait_seconds", constraintSeconds);
            }
            return figures;
        }
    }

    /** Seconds until the engine has taken a first request, for whose constraint it may have to wait. */
    private double firstSubmission(Engine engine) {
        Request first = requests(engine.tokenizer(), 1, WARM_UP_SEED).get(0);
        long begun = System.nanoTime();
        CompletableFuture<Completion> future = engine.submit(first);
        double seconds = seconds(System.nanoTime() - begun);
        check(future.join());
        return seconds;
    }

    /** Seconds that the engine takes for the requests, all given at once. */
    private double complete(Engine engine, List<Request> requests) {
        long begun = System.nanoTime();
        List<CompletableFuture<Completion>> futures = new ArrayList<>();
        for (Request request : requests) {
            futures.add(engine.submit(request));
        }
        for (CompletableFuture<Completion> future : futures) {
            check(future.join());
        }
        return seconds(System.nanoTime() - begun);
    }

    private List<Request> requests(Tokenizer tokenizer, int count, long seed) {
        Random random = new Random(seed);
        SamplingParameters sampling = SamplingParameters.DEFAULT.toBuilder()
                .maxTokens(generateTokens)
                .ignoreEos(true)
                .build();
        int[] prefix = tokens(random, tokenizer, sharedPrefix);
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] prompt = tokens(random, tokenizer, promptTokens);
            System.arraycopy(prefix, 0, prompt, 0, prefix.length);
            String adapter = adapters.isEmpty()
                    ? null
                    : adapters.get(i % adapters.size()).name();
            requests.add(new Request("bench-" + i, prompt, sampling, adapter, options));
        }
        return requests;
    }

    private static int[] tokens(Random random, Tokenizer tokenizer, int count) {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            do {
                tokens[i] = random.nextInt(tokenizer.vocabularySize());
            } while (tokenizer.isControl(tokens[i]));
        }
        return tokens;
    }

    private void check(Completion completion) {
        boolean whole = completion.completionTokens() == generateTokens || options.constraint() != null;
        if (completion.error() != null || !whole) {
            throw new JobFailedException(
                    "a prompt gave " + completion.completionTokens() + " tokens, not " + generateTokens
                            + (completion.error() == null
                                    ? "; is the model's context shorter?"
                                    : ": " + completion.error()),
                    null);
        }
    }

    private Map<String, Object> figures(
            Engine engine, EngineStatistics before, double loadSeconds, double wallSeconds) {
        EngineStatistics statistics = engine.statistics().since(before);
        long computed = statistics.promptTokens() - statistics.cachedPromptTokens();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("load_seconds", loadSeconds);
        figures.put("prefill_tokens_per_second", rate(computed, seconds(statistics.prefillNanos())));
        figures.put("decode_tokens_per_second", rate(statistics.decodedTokens(), seconds(statistics.decodeNanos())));
        figures.put(
                "total_tokens_per_second",
                rate((long) prompts * promptTokens + statistics.completionTokens(), wallSeconds));
        figures.put("peak_resident_bytes", ProcessMemory.peakResidentBytes());
        figures.put("precision", engine.precision());
        figures.put("kv_precision", engine.kvPrecision());
        figures.put("provider", engine.provider());
        figures.put("max_batch_tokens", engine.maximumBatchTokens());
        figures.put("max_sequences", engine.maximumSequences());
        figures.put("wall_seconds", wallSeconds);
        figures.put("completion_tokens", statistics.completionTokens());
        figures.put("cached_prompt_tokens", statistics.cachedPromptTokens());
        figures.put("copied_requests", statistics.copiedRequests());
        figures.put("steps", statistics.steps());
        figures.put("preemptions", statistics.preemptions());
        return figures;
    }

    private static double rate(long tokens, double seconds) {
        return seconds == 0 ? 0 : tokens / seconds;
    }

    private static double seconds(long nanos) {
        return nanos / 1e9;
    }
}
