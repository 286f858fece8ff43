package io.promptmill.udf.engine;

import java.util.HashMap;
import java.util.Map;

/**
 * Computes equal greedy requests once: one that equals another under way is completed with it, one that equals another
 * completed lately gets a copy. Used by the step loop alone, but for {@link #copied()}.
 */
final class SharedCompletions {
    private final CompletionCache completed;
    private final Map<CompletionKey, ActiveRequest> underWay = new HashMap<>();
    private volatile long copied;

    /**
     * @param cacheBytes memory for what was completed lately
     */
    SharedCompletions(long cacheBytes) {
        completed = new CompletionCache(cacheBytes);
    }

    /**
     * Has the request served by an equal one.
     *
     * @return false where there is none: the caller computes it, and ends it with {@link #complete} or {@link #drop}
     */
    boolean serve(ActiveRequest request) {
        CompletionKey key = request.key();
        if (key == null) {
            return false;
        }
        Completion known = completed.get(key);
        if (known != null) {
            copied++;
            request.complete(known.copy());
            return true;
        }
        ActiveRequest first = underWay.putIfAbsent(key, request);
        if (first != null) {
            first.share(request.result());
        }
        return first != null;
    }

    /** Completes a computed request and those that it serves. An error is not kept. */
    void complete(ActiveRequest request, Completion completion) {
        drop(request);
        if (request.key() != null && completion.error() == null) {
            completed.put(request.key(), completion);
        }
        copied += Math.max(0, request.waiting() - 1);
        request.complete(completion);
    }

    /** Forgets a request that is computed no further. */
    void drop(ActiveRequest request) {
        underWay.remove(request.key(), request);
    }

    /** Requests that got a copy since the start. */
    long copied() {
        return copied;
    }
}
