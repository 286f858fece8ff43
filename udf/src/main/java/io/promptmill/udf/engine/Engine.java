package io.promptmill.udf.engine;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.error.RowError;
import io.promptmill.udf.prompt.PromptEncoder;
import io.promptmill.udf.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one model: queues requests, batches them step by step, completes them. Its thread owns everything that changes;
 * callers only queue. Thread-safe.
 */
public final class Engine implements CompletionEngine {
    private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

    private final LoadedModel loaded;
    private final StepLoop loop;
    private final RequestStarter starter;
    private final BlockingQueue<ActiveRequest<?>> arrivals = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile boolean closed;
    private volatile Throwable failure;

    private Engine(LoadedModel loaded, StepLoop loop) {
        this.loaded = loaded;
        this.loop = loop;
        this.starter = loaded.newRequestStarter();
        this.thread = new Thread(this::run, "promptmill-engine");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Loads the model and starts the step loop.
     *
     * @throws io.promptmill.udf.error.ModelFileException where the model cannot be used
     * @throws io.promptmill.udf.error.ConfigException where a sequence of the whole context does not fit the memory
     */
    public static Engine open(Path model, EngineConfig config) {
        return open(model, config, List.of());
    }

    /**
     * As {@link #open(Path, EngineConfig)}, with adapters that requests may ask for by name.
     *
     * @throws io.promptmill.udf.error.ModelFileException where an adapter cannot be used with the model, too
     * @throws io.promptmill.udf.error.ConfigException where adapters take more than half of the heap, too
     */
    public static Engine open(Path model, EngineConfig config, List<Adapter> adapters) {
        return open(model, config, adapters, List.of());
    }

    /**
     * As {@link #open(Path, EngineConfig, List)}, with constraints that requests will ask for: they are compiled while the
     * weights are read, so that the first request does not wait for it. One that cannot be used is the request's error.
     */
    public static Engine open(
            Path model, EngineConfig config, List<Adapter> adapters, List<ConstraintSpec> constraints) {
        LoadedModel loaded = LoadedModel.load(model, config, adapters, constraints);
        try {
            return new Engine(loaded, loaded.newStepLoop(System::nanoTime));
        } catch (RuntimeException | Error e) {
            loaded.close();
            throw e;
        }
    }

    @Override
    public PromptEncoder encoder() {
        return loaded.encoder();
    }

    public Tokenizer tokenizer() {
        return loaded.tokenizer();
    }

    /** Name of the kernel provider, for reports. */
    public String provider() {
        return loaded.provider();
    }

    /** The precision in use, after {@code auto} is resolved. */
    public String precision() {
        return loaded.precision();
    }

    /** The precision of keys and values in use, after {@code auto} is resolved. */
    public String kvPrecision() {
        return loaded.kvPrecision();
    }

    /** Tokens of prompt and completion of one request at most. */
    @Override
    public int maximumContext() {
        return loaded.maximumContext();
    }

    /** Tokens of one step at most. */
    public int maximumBatchTokens() {
        return loaded.limits().batchTokens();
    }

    @Override
    public int maximumSequences() {
        return loaded.limits().sequences();
    }

    @Override
    public long reusedPromptTokens() {
        return statistics().cachedPromptTokens();
    }

    public EngineStatistics statistics() {
        return loop.statistics();
    }

    @Override
    public CompletableFuture<Completion> submit(Request request) {
        int promptTokens = request.promptTokens().length;
        return queue(() -> starter.completion(request), problem -> Completion.failed(problem, promptTokens));
    }

    @Override
    public CompletableFuture<ChoiceScores> score(ChoiceRequest request) {
        int promptTokens = request.promptTokens().length;
        return queue(() -> starter.scoring(request), problem -> ChoiceScores.failed(problem, promptTokens));
    }

    @Override
    public CompletableFuture<Embedding> embed(EmbeddingRequest request) {
        int promptTokens = request.promptTokens().length;
        return queue(() -> starter.embedding(request), problem -> Embedding.failed(problem, promptTokens));
    }

    private <R extends Result<R>> CompletableFuture<R> queue(
            Supplier<? extends ActiveRequest<R>> start, Function<RowError, R> failed) {
        ActiveRequest<R> active;
        try {
            active = start.get();
        } catch (RequestException e) {
            return CompletableFuture.completedFuture(failed.apply(e.rowError()));
        } catch (ConfigException e) {
            // Of what a request asks for, the constraint alone is refused like that.
            return CompletableFuture.completedFuture(
                    failed.apply(new RowError(ErrorCategory.CONSTRAINT, e.getMessage())));
        }
        arrivals.add(active);
        if (closed || failure != null) {
            failArrivals();
        }
        return active.result();
    }

    /** Constraints compiled since the start: each one once, as a rule. */
    public int compiledConstraints() {
        return starter.compilations();
    }

    private void run() {
        try {
            while (!closed) {
                if (arrivals.isEmpty() && !loop.hasWork()) {
                    loop.add(arrivals.take());
                }
                for (ActiveRequest<?> request = arrivals.poll(); request != null; request = arrivals.poll()) {
                    loop.add(request);
                }
                loop.dropCancelled();
                loop.endOverdue();
                if (loop.hasWork()) {
                    loop.step();
                }
            }
        } catch (InterruptedException e) {
            // Only close() interrupts this thread.
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            LOG.error("The engine stopped", e);
            failure = e;
        } finally {
            failArrivals();
            loop.fail(cause());
            loaded.close();
        }
    }

    private void failArrivals() {
        for (ActiveRequest<?> request = arrivals.poll(); request != null; request = arrivals.poll()) {
            request.fail(cause());
        }
    }

    private Throwable cause() {
        return new IllegalStateException(failure == null ? "the engine was closed" : "the engine failed", failure);
    }

    /** Stops after the step under way; requests that are not complete fail. Returns when the step loop has ended. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
