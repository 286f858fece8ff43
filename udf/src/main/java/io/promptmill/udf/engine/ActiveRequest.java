package io.promptmill.udf.engine;

import io.promptmill.udf.sampler.SamplingState;
import io.promptmill.udf.scheduler.Sequence;
import io.promptmill.udf.tokenizer.StreamingDecoder;
import io.promptmill.udf.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A request under way: its sequence, the state of its sampling, its text so far, and all who wait for it. Used by the
 * step loop alone.
 */
final class ActiveRequest {
    private final Request request;
    private final CompletionKey key;
    private final Sequence sequence;
    private final SamplingState sampling;
    private final StreamingDecoder decoder;
    private final StringBuilder text = new StringBuilder();
    private final CompletableFuture<Completion> result = new CompletableFuture<>();
    /** This result, then those of equal requests. */
    private final List<CompletableFuture<Completion>> waiters = new ArrayList<>(1);

    /**
     * @param adapter number of the request's adapter
     * @param maximumLength of prompt and completion together, in tokens
     */
    ActiveRequest(Request request, int adapter, int maximumLength, Tokenizer tokenizer) {
        int[] prompt = request.promptTokens();
        long wanted = (long) prompt.length + request.sampling().maxTokens();
        this.request = request;
        this.key = CompletionKey.of(request);
        waiters.add(result);
        this.sequence = new Sequence(prompt, (int) Math.min(wanted, maximumLength), adapter);
        this.sampling = new SamplingState(request.sampling(), request.rowId(), prompt, tokenizer.endTokens());
        this.decoder = tokenizer.decoder(prompt[prompt.length - 1]);
    }

    Sequence sequence() {
        return sequence;
    }

    SamplingState sampling() {
        return sampling;
    }

    /** What the completion depends on, or null where that is the row's random stream, too. */
    CompletionKey key() {
        return key;
    }

    /** What the request's own caller waits for. */
    CompletableFuture<Completion> result() {
        return result;
    }

    /** Completes the result of an equal request with this one, which goes on for it where its own caller gives up. */
    void share(CompletableFuture<Completion> equal) {
        waiters.add(equal);
    }

    /** True where nobody waits any more. */
    boolean isAbandoned() {
        return result.isDone() && waiting() == 0;
    }

    /** How many still wait. */
    int waiting() {
        int waiting = 0;
        for (CompletableFuture<Completion> waiter : waiters) {
            waiting += waiter.isDone() ? 0 : 1;
        }
        return waiting;
    }

    /** Completes all who still wait: the first of them with its own completion, the others with copies. */
    void complete(Completion completion) {
        Completion next = completion;
        for (CompletableFuture<Completion> waiter : waiters) {
            if (waiter.complete(next)) {
                next = completion.copy();
            }
        }
    }

    /** Fails all who still wait. */
    void fail(Throwable cause) {
        waiters.forEach(waiter -> waiter.completeExceptionally(cause));
    }

    /** Takes in a sampled token; returns what became of the request where that ends it, else null. */
    Completion accept(int token) {
        sampling.accept(token);
        sequence.append(token);
        if (sampling.ends(token)) {
            text.append(decoder.finish());
            return completion(FinishReason.STOP);
        }
        int before = text.length();
        text.append(decoder.accept(token));
        if (sequence.isFull()) {
            text.append(decoder.finish());
        }
        if (cutAtStop(before)) {
            return completion(FinishReason.STOP);
        }
        return sequence.isFull() ? completion(FinishReason.LENGTH) : null;
    }

    /** Cuts the text at the earliest stop text that the characters from {@code before} on have completed. */
    private boolean cutAtStop(int before) {
        List<String> stops = request.sampling().stop();
        int cut = Integer.MAX_VALUE;
        for (String stop : stops) {
            int found = text.indexOf(stop, Math.max(0, before - stop.length() + 1));
            if (found >= 0) {
                cut = Math.min(cut, found);
            }
        }
        if (cut == Integer.MAX_VALUE
                || sequence.completionLength() < request.sampling().minTokens()) {
            return false;
        }
        text.setLength(cut);
        return true;
    }

    private Completion completion(FinishReason reason) {
        return new Completion(text.toString(), reason, sequence.promptLength(), sequence.completionLength(), null);
    }
}
