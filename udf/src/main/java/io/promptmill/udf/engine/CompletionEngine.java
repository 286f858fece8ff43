package io.promptmill.udf.engine;

import io.promptmill.udf.prompt.PromptEncoder;
import java.util.concurrent.CompletableFuture;

/** Completes, scores and embeds prompts; one per JVM, shared by all its task threads. Thread-safe. */
public interface CompletionEngine extends AutoCloseable {

    /** Turns a row's prompt into token ids with this engine's tokenizer and chat template. */
    PromptEncoder encoder();

    /** Requests that it computes at the same time at most. */
    int maximumSequences();

    /** Tokens of a prompt and its completion at most. */
    default int maximumContext() {
        return Integer.MAX_VALUE;
    }

    /**
     * Queues a request. The future completes with a result or an error of that row; it completes exceptionally only
     * where the engine itself has failed or was closed.
     */
    CompletableFuture<Completion> submit(Request request);

    /** Queues choices to score; as {@link #submit}, an error of the row is in the result. */
    CompletableFuture<ChoiceScores> score(ChoiceRequest request);

    /** Queues a text to turn into a vector; as {@link #submit}, an error of the row is in the result. */
    CompletableFuture<Embedding> embed(EmbeddingRequest request);

    /**
     * Prompt tokens of all requests so far that were not computed, because the beginning of another prompt had been. Depends on
     * what else the engine did.
     */
    default long reusedPromptTokens() {
        return 0;
    }

    /** Stops the step loop; requests under way fail. */
    @Override
    void close();
}
