package io.promptmill.udf.engine;

import io.promptmill.udf.prompt.PromptEncoder;
import io.promptmill.udf.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/** Runs one model: queues requests, batches them step by step, completes them. Thread-safe. */
public final class Engine implements CompletionEngine {

    private Engine() {}

    /** Loads the model and starts the step loop. */
    public static Engine open(Path model, EngineConfig config) {
        throw new UnsupportedOperationException("under construction");
    }

    @Override
    public PromptEncoder encoder() {
        throw new UnsupportedOperationException();
    }

    public Tokenizer tokenizer() {
        throw new UnsupportedOperationException();
    }

    /** Name of the kernel provider, for reports. */
    public String provider() {
        throw new UnsupportedOperationException();
    }

    /** The precision in use, after {@code auto} is resolved. */
    public String precision() {
        throw new UnsupportedOperationException();
    }

    public EngineStatistics statistics() {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<Completion> submit(Request request) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
