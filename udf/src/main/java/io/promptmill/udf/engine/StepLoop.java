package io.promptmill.udf.engine;

import io.promptmill.udf.engine.StepSampler.Outcome;
import io.promptmill.udf.layers.KvCache;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.model.Model;
import io.promptmill.udf.scheduler.Chunk;
import io.promptmill.udf.scheduler.Scheduler;
import io.promptmill.udf.scheduler.Sequence;
import io.promptmill.udf.tensor.RowTiles;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** One step after another: schedule, forward, sample, finish. Used by the engine's thread alone. */
final class StepLoop {
    /** For greedy completions that may be asked for again: some ten thousand of the usual length. */
    private static final long COMPLETION_CACHE_BYTES = 32L << 20;

    private final Model model;
    private final KvCache cache;
    private final Scheduler scheduler;
    private final StepSampler sampler;
    private final BatchBuilder batches;
    private final Map<Sequence, ActiveRequest> active = new IdentityHashMap<>();
    private final SharedCompletions shared = new SharedCompletions(COMPLETION_CACHE_BYTES);
    private final Counters counters = new Counters();

    StepLoop(Model model, KvCache cache, Scheduler scheduler, StepSampler sampler, BatchBuilder batches) {
        this.model = model;
        this.cache = cache;
        this.scheduler = scheduler;
        this.sampler = sampler;
        this.batches = batches;
    }

    void add(ActiveRequest request) {
        if (shared.serve(request)) {
            return;
        }
        active.put(request.sequence(), request);
        scheduler.add(request.sequence());
        counters.promptTokens += request.sequence().promptLength();
    }

    /** True where a step has something to compute. */
    boolean hasWork() {
        return scheduler.hasWork();
    }

    /** Frees what requests hold that their callers have cancelled. */
    void dropCancelled() {
        active.entrySet().removeIf(entry -> {
            boolean abandoned = entry.getValue().isAbandoned();
            if (abandoned) {
                scheduler.remove(entry.getKey());
                shared.drop(entry.getValue());
            }
            return abandoned;
        });
    }

    /** Computes one step. */
    void step() {
        long start = System.nanoTime();
        List<Chunk> chunks = scheduler.schedule();
        StepBatch batch = batches.build(chunks);
        RowTiles logits = model.forward(batch, cache);
        scheduler.completed(chunks);
        List<ActiveRequest> outputs = chunks.stream()
                .filter(Chunk::last)
                .map(chunk -> active.get(chunk.sequence()))
                .toList();
        Outcome[] outcomes = sampler.sample(
                logits, outputs.stream().map(ActiveRequest::sampling).toList());
        counters.step(chunks, System.nanoTime() - start);
        finish(outputs, outcomes);
    }

    /** Fails every request under way. */
    void fail(Throwable cause) {
        active.values().forEach(request -> request.fail(cause));
        active.clear();
    }

    EngineStatistics statistics() {
        return counters.snapshot(scheduler, shared);
    }

    private void finish(List<ActiveRequest> outputs, Outcome[] outcomes) {
        for (int i = 0; i < outcomes.length; i++) {
            ActiveRequest request = outputs.get(i);
            Completion completion = outcomes[i].error() == null
                    ? request.accept(outcomes[i].token())
                    : Completion.failed(outcomes[i].error(), request.sequence().promptLength());
            if (completion != null) {
                scheduler.remove(request.sequence());
                active.remove(request.sequence());
                counters.completionTokens += completion.completionTokens();
                shared.complete(request, completion);
            }
        }
    }

    /** Written by the engine's thread; a reader may see a step late. */
    private static final class Counters {
        private volatile long promptTokens;
        private volatile long completionTokens;
        private volatile long steps;
        private volatile long decodedTokens;
        private volatile long prefillNanos;
        private volatile long decodeNanos;

        void step(List<Chunk> chunks, long nanos) {
            steps++;
            if (chunks.stream().allMatch(chunk -> chunk.count() == 1 && chunk.last())) {
                decodeNanos += nanos;
                decodedTokens += chunks.size();
            } else {
                prefillNanos += nanos;
            }
        }

        EngineStatistics snapshot(Scheduler scheduler, SharedCompletions shared) {
            return new EngineStatistics(
                    promptTokens,
                    scheduler.reusedTokens(),
                    completionTokens,
                    shared.copied(),
                    steps,
                    scheduler.preemptions(),
                    decodedTokens,
                    prefillNanos,
                    decodeNanos);
        }
    }
}
