package io.promptmill.udf.spark;

import io.promptmill.udf.engine.ChoiceRequest;
import io.promptmill.udf.engine.ChoiceScores;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * What the model gives choices after content-free text. Rows that ask the same share one request. Belongs to one Spark task:
 * not thread-safe.
 */
final class ContentFreeScores {
    /** Rows may bring choices of their own without end; forgotten ones are asked for again. */
    private static final int MOST_KEPT = 4096;

    /**
     * All that such a request depends on, besides the job.
     *
     * @param choices between which it is
     * @param asked the one that is asked about by itself; null where one of them is chosen
     */
    record Key(String adapter, List<String> choices, String asked) {}

    /**
     * @param request the same for all rows of a key
     * @param isNew whether the row is the first of them, which counts its tokens
     */
    record Shared(RowWork.Submission<ChoiceScores> request, boolean isNew) {}

    private final Map<Key, CompletableFuture<ChoiceScores>> kept = new HashMap<>();

    /**
     * @param request made where there is none yet
     * @throws io.promptmill.udf.error.RequestException where it cannot be made
     */
    Shared of(Key key, Supplier<ChoiceRequest> request) {
        CompletableFuture<ChoiceScores> known = kept.get(key);
        if (known != null) {
            // Of its own for each row: a row that is given up cancels its answers.
            return new Shared(engine -> known.copy(), false);
        }
        ChoiceRequest made = request.get();
        return new Shared(
                engine -> {
                    if (kept.size() >= MOST_KEPT) {
                        kept.clear();
                    }
                    CompletableFuture<ChoiceScores> scores = engine.score(made);
                    kept.put(key, scores);
                    return scores.copy();
                },
                true);
    }
}
