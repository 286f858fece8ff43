package io.promptmill.udf.engine;

import io.promptmill.udf.engine.LogitsReader.Output;
import io.promptmill.udf.error.RowError;
import io.promptmill.udf.layers.KvCache;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.model.Model;
import io.promptmill.udf.scheduler.Chunk;
import io.promptmill.udf.scheduler.Scheduler;
import io.promptmill.udf.scheduler.Sequence;
import io.promptmill.udf.tensor.RowTiles;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** One step after another: schedule, forward, sample, finish. Used by the engine's thread alone. */
final class StepLoop implements ActiveRequest.Sequences {
    /** For results that may be asked for again: some ten thousand completions of the usual length. */
    private static final long RESULT_CACHE_BYTES = 32L << 20;

    private final Model model;
    private final KvCache cache;
    private final Scheduler scheduler;
    private final LogitsReader reader;
    private final BatchBuilder batches;
    private final TimeLimit limit;
    private final Map<Sequence, ActiveRequest<?>> active = new IdentityHashMap<>();
    private final SharedResults shared = new SharedResults(RESULT_CACHE_BYTES);
    private final Counters counters = new Counters();

    StepLoop(
            Model model,
            KvCache cache,
            Scheduler scheduler,
            LogitsReader reader,
            BatchBuilder batches,
            TimeLimit limit) {
        this.model = model;
        this.cache = cache;
        this.scheduler = scheduler;
        this.reader = reader;
        this.batches = batches;
        this.limit = limit;
    }

    void add(ActiveRequest<?> request) {
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

    /** Ends what has taken longer than it may, with an error. */
    void endOverdue() {
        if (!limit.isNone()) {
            long now = limit.now();
            for (ActiveRequest<?> request : new HashSet<>(active.values())) {
                if (request.isOverdue(limit, now)) {
                    fail(request, limit.error());
                }
            }
        }
    }

    private <R extends Result<R>> void fail(ActiveRequest<R> request, RowError reason) {
        end(request, request.failed(reason));
    }

    /** Computes one step. */
    void step() {
        long start = System.nanoTime();
        List<Chunk> chunks = scheduler.schedule();
        scheduler.takeCopies().forEach(copy -> cache.copy(copy.from(), copy.to()));
        time(chunks);
        StepBatch batch = batches.build(chunks);
        RowTiles logits = model.forward(batch, cache);
        scheduler.completed(chunks);
        List<Output<ActiveRequest<?>>> outputs = outputs(chunks);
        reader.read(logits, model.states(), outputs);
        counters.step(chunks, System.nanoTime() - start);
        for (Output<ActiveRequest<?>> output : outputs) {
            advance(output.reader(), output.chunk().sequence());
        }
    }

    private void time(List<Chunk> chunks) {
        if (!limit.isNone()) {
            long now = limit.now();
            chunks.forEach(chunk -> active.get(chunk.sequence()).takesStep(now));
        }
    }

    private List<Output<ActiveRequest<?>>> outputs(List<Chunk> chunks) {
        List<Output<ActiveRequest<?>>> outputs = new ArrayList<>();
        int state = 0;
        int logit = 0;
        for (Chunk chunk : chunks) {
            int rows = chunk.outputs();
            if (rows > 0) {
                boolean states = chunk.sequence().givesStates();
                outputs.add(new Output<>(active.get(chunk.sequence()), chunk, states ? state : logit, rows));
                // Every row of logits has a state, too.
                state += rows;
                logit += states ? 0 : rows;
            }
        }
        return outputs;
    }

    private <R extends Result<R>> void advance(ActiveRequest<R> request, Sequence sequence) {
        if (!active.containsKey(sequence)) {
            // Another sequence of the request has ended it.
            return;
        }
        R outcome = request.advance(sequence, this);
        if (outcome != null) {
            remove(sequence);
            end(request, outcome);
        } else if (!request.open().contains(sequence)) {
            remove(sequence);
        }
    }

    private <R extends Result<R>> void end(ActiveRequest<R> request, R outcome) {
        List.copyOf(request.open()).forEach(this::remove);
        counters.completionTokens += request.resultTokens(outcome);
        shared.complete(request, outcome);
    }

    private void remove(Sequence sequence) {
        if (active.remove(sequence) != null) {
            scheduler.remove(sequence);
        }
    }

    @Override
    public void fork(Sequence parent, Sequence child) {
        active.put(child, active.get(parent));
        scheduler.fork(parent, child);
    }

    @Override
    public void add(Sequence other, Sequence sequence) {
        active.put(sequence, active.get(other));
        scheduler.addFirst(sequence);
    }

    /** Fails every request under way. */
    void fail(Throwable cause) {
        active.values().forEach(request -> request.fail(cause));
        active.clear();
    }

    EngineStatistics statistics() {
        return counters.snapshot(scheduler, shared);
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

        EngineStatistics snapshot(Scheduler scheduler, SharedResults shared) {
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
