package io.promptmill.udf.engine;

import java.util.HashMap;
import java.util.Map;

/**
 * Computes equal requests once, where the row's random stream has no part in them: one that equals another under way is
 * completed with it, one that equals another completed lately gets a copy. Used by the step loop alone, but for {@link #copied()}.
 */
final class SharedResults {
    private final ResultCache completed;
    private final Map<ResultKey, ActiveRequest<?>> underWay = new HashMap<>();
    private volatile long copied;

    /**
     * @param cacheBytes memory for what was completed lately
     */
    SharedResults(long cacheBytes) {
        completed = new ResultCache(cacheBytes);
    }

    /**
     * Has the request served by an equal one.
     *
     * @return false where there is none: the caller computes it, and ends it with {@link #complete} or {@link #drop}
     */
    <R extends Result<R>> boolean serve(ActiveRequest<R> request) {
        ResultKey key = request.key();
        if (key == null) {
            return false;
        }
        // Keys of different kinds are never equal: what is found is of the request's kind.
        @SuppressWarnings("unchecked")
        R known = (R) completed.get(key);
        if (known != null) {
            copied++;
            request.complete(known.copy());
            return true;
        }
        @SuppressWarnings("unchecked")
        ActiveRequest<R> first = (ActiveRequest<R>) underWay.putIfAbsent(key, request);
        if (first != null) {
            first.share(request.result());
        }
        return first != null;
    }

    /** Completes a computed request and those that it serves. An error is not kept. */
    <R extends Result<R>> void complete(ActiveRequest<R> request, R outcome) {
        drop(request);
        if (request.key() != null && outcome.error() == null) {
            completed.put(request.key(), outcome);
        }
        copied += Math.max(0, request.waiting() - 1);
        request.complete(outcome);
    }

    /** Forgets a request that is computed no further. */
    void drop(ActiveRequest<?> request) {
        underWay.remove(request.key(), request);
    }

    /** Requests that got a copy since the start. */
    long copied() {
        return copied;
    }
}
