package io.promptmill.udf.spark;

import io.promptmill.udf.engine.ChoiceRequest;
import io.promptmill.udf.engine.ChoiceScores;
import io.promptmill.udf.engine.Completion;
import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.engine.Embedding;
import io.promptmill.udf.engine.EmbeddingRequest;
import io.promptmill.udf.engine.FinishReason;
import io.promptmill.udf.engine.Request;
import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RowError;
import io.promptmill.udf.prompt.ChatMessage;
import io.promptmill.udf.prompt.PromptEncoder;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * An engine whose tokens are characters and whose completions are a function of the request, completed by several threads
 * in an order that has nothing to do with that of the requests.
 */
final class StubEngine implements CompletionEngine, PromptEncoder {
    private record Job(Request request, CompletableFuture<Completion> completion) {}

    private final boolean chatTemplate;
    private final Function<Request, Completion> model;
    private final List<Job> queue = new ArrayList<>();
    private final List<Request> seen = new ArrayList<>();
    private final boolean remember;
    private int peakQueue;
    private final List<ChoiceRequest> scored = new ArrayList<>();
    private final List<EmbeddingRequest> embedded = new ArrayList<>();
    private volatile Function<ChoiceRequest, ChoiceScores> scorer;
    private volatile LocalDateTime lastDate;
    private volatile Map<String, ?> lastVariables = Map.of();
    private boolean closed;

    /**
     * @param threads that complete requests; 0: none is ever completed
     * @param remember whether {@link #seen} is kept
     */
    StubEngine(int threads, boolean chatTemplate, boolean remember, Function<Request, Completion> model) {
        this.chatTemplate = chatTemplate;
        this.remember = remember;
        this.model = model;
        for (int index = 0; index < threads; index++) {
            Random random = new Random(index);
            Thread worker = new Thread(() -> work(random), "stub-engine-" + index);
            worker.setDaemon(true);
            worker.start();
        }
    }

    /** The prompt's text in angle brackets. */
    static Completion echo(Request request) {
        int length = request.promptTokens().length;
        return new Completion("<" + text(request) + ">", FinishReason.STOP, length, 3, null);
    }

    static String text(Request request) {
        return text(request.promptTokens());
    }

    static String text(int[] tokens) {
        return new String(tokens, 0, tokens.length);
    }

    private void work(Random random) {
        while (true) {
            Job job;
            synchronized (this) {
                while (queue.isEmpty() && !closed) {
                    try {
                        wait();
                    } catch (InterruptedException interrupted) {
                        return;
                    }
                }
                if (closed) {
                    return;
                }
                int picked = random.nextInt(queue.size());
                job = queue.get(picked);
                queue.set(picked, queue.get(queue.size() - 1));
                queue.remove(queue.size() - 1);
            }
            try {
                job.completion.complete(model.apply(job.request));
            } catch (RuntimeException failure) {
                job.completion.completeExceptionally(failure);
            }
        }
    }

    @Override
    public synchronized CompletableFuture<Completion> submit(Request request) {
        Job job = new Job(request, new CompletableFuture<>());
        queue.add(job);
        peakQueue = Math.max(peakQueue, queue.size());
        if (remember) {
            seen.add(request);
        }
        notify();
        return job.completion;
    }

    /** The same engine, which scores choices so, on the thread that asks. */
    StubEngine scoring(Function<ChoiceRequest, ChoiceScores> newScorer) {
        scorer = newScorer;
        return this;
    }

    /** Scores of the given logarithms. */
    static ChoiceScores scores(ChoiceRequest request, double... logprobs) {
        int tokens =
                request.choices().stream().mapToInt(choice -> choice.length).sum();
        return new ChoiceScores(logprobs, request.promptTokens().length, tokens, null, false);
    }

    @Override
    public CompletableFuture<ChoiceScores> score(ChoiceRequest request) {
        synchronized (this) {
            scored.add(request);
        }
        return CompletableFuture.completedFuture(scorer.apply(request));
    }

    /** A vector of the text's length and its first character; {@code nan} and {@code zero} as they say. */
    @Override
    public CompletableFuture<Embedding> embed(EmbeddingRequest request) {
        int[] tokens = request.promptTokens();
        synchronized (this) {
            embedded.add(request);
        }
        return CompletableFuture.completedFuture(
                switch (text(tokens)) {
                    case "nan" -> Embedding.of(new float[] {Float.NaN, 0, 0}, tokens.length);
                    case "zero" -> Embedding.of(new float[3], tokens.length);
                    case "refuse" ->
                        Embedding.failed(new RowError(ErrorCategory.PROMPT_TOO_LONG, "refused"), tokens.length);
                    default -> Embedding.of(new float[] {tokens.length, tokens[0], 4}, tokens.length);
                });
    }

    synchronized List<EmbeddingRequest> embedded() {
        return List.copyOf(embedded);
    }

    synchronized List<ChoiceRequest> scored() {
        return List.copyOf(scored);
    }

    synchronized List<Request> seen() {
        return List.copyOf(seen);
    }

    /** The date that the latest conversation came with. */
    LocalDateTime lastDate() {
        return lastDate;
    }

    /** The further variables that it came with. */
    Map<String, ?> lastVariables() {
        return lastVariables;
    }

    synchronized int peakQueue() {
        return peakQueue;
    }

    synchronized int queued() {
        return queue.size();
    }

    synchronized boolean allCancelled() {
        return queue.stream().allMatch(job -> job.completion.isCancelled());
    }

    synchronized boolean isClosed() {
        return closed;
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }

    @Override
    public int maximumSequences() {
        return 4;
    }

    @Override
    public PromptEncoder encoder() {
        return this;
    }

    @Override
    public boolean hasChatTemplate() {
        return chatTemplate;
    }

    @Override
    public int[] encodeText(String text) {
        return text.codePoints().toArray();
    }

    @Override
    public int[] encodeChat(List<ChatMessage> messages, LocalDateTime now, Map<String, ?> extra) {
        lastDate = now;
        lastVariables = extra;
        StringBuilder text = new StringBuilder();
        messages.forEach(
                message -> text.append('[').append(message.role()).append(']').append(message.content()));
        return encodeText(text.toString());
    }

    /** This model has no token for a tilde. */
    @Override
    public int[] encodeContinuation(int[] prompt, String text) {
        return text.replace("~", "").codePoints().toArray();
    }
}
