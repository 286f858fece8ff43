package io.promptmill.udf.spark;

import io.promptmill.udf.engine.ChoiceRequest;
import io.promptmill.udf.engine.ChoiceScores;
import io.promptmill.udf.engine.Completion;
import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.engine.Embedding;
import io.promptmill.udf.engine.EmbeddingRequest;
import io.promptmill.udf.engine.Request;
import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.error.RowError;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.spark.TaskKilledException;

/**
 * What a row asks of the engine, and what becomes of the answers.
 *
 * @param <A> an answer
 * @param promptTokens of the row, for the column where it fails
 * @param tokens of all its requests
 * @param requests to be submitted in this order; none where the row is refused
 * @param finish makes the row's output of the answers, in the order of the requests; a {@link RequestException} makes it
 *     an error
 * @param refusal why the row cannot be served, or null
 */
record RowWork<A>(
        int promptTokens,
        long tokens,
        List<Submission<A>> requests,
        Function<List<A>, RowResult> finish,
        RowError refusal) {

    /** Hands a request to an engine. */
    @FunctionalInterface
    interface Submission<A> {
        CompletableFuture<A> to(CompletionEngine engine);
    }

    static RowWork<Completion> completing(
            int promptTokens, List<Request> requests, Function<List<Completion>, RowResult> finish) {
        long tokens = requests.stream().mapToLong(RowWork::weight).sum();
        List<Submission<Completion>> submissions = new ArrayList<>();
        requests.forEach(request -> submissions.add(engine -> engine.submit(request)));
        return new RowWork<>(promptTokens, tokens, submissions, finish, null);
    }

    /** Tokens that a request holds: those of its prompt, and one for each log-probability that it asks for. */
    private static long weight(Request request) {
        int prompt = request.promptTokens().length;
        long ofPrompt = request.options().promptLogprobs() + 1L;
        long ofCompletion = request.options().logprobs() + 1L;
        return prompt + prompt * ofPrompt + request.sampling().maxTokens() * ofCompletion;
    }

    /** @param shared requests to follow, which belong to other rows, too */
    static RowWork<ChoiceScores> scoring(
            int promptTokens,
            List<ChoiceRequest> requests,
            List<Submission<ChoiceScores>> shared,
            Function<List<ChoiceScores>, RowResult> finish) {
        long tokens = 0;
        List<Submission<ChoiceScores>> submissions = new ArrayList<>();
        for (ChoiceRequest request : requests) {
            tokens += request.promptTokens().length;
            tokens += request.choices().stream()
                    .mapToLong(choice -> choice.length)
                    .sum();
            submissions.add(engine -> engine.score(request));
        }
        submissions.addAll(shared);
        return new RowWork<>(promptTokens, tokens, submissions, finish, null);
    }

    static RowWork<Embedding> embedding(
            int promptTokens, List<EmbeddingRequest> requests, Function<List<Embedding>, RowResult> finish) {
        List<Submission<Embedding>> submissions = new ArrayList<>();
        requests.forEach(request -> submissions.add(engine -> engine.embed(request)));
        return new RowWork<>(promptTokens, promptTokens, submissions, finish, null);
    }

    /**
     * The work that a step finds out.
     *
     * @param promptTokens told where the step refuses the row
     */
    static RowWork<?> of(int promptTokens, Supplier<RowWork<?>> step) {
        RowError refusal;
        try {
            return step.get();
        } catch (TaskKilledException meant) {
            throw meant;
        } catch (RequestException unusable) {
            refusal = unusable.rowError();
        } catch (RuntimeException unforeseen) {
            // What a row's values bring about concerns this row only, whatever the exception; a kill concerns the task.
            refusal = new RowError(
                    ErrorCategory.INTERNAL,
                    "the row cannot be made into a request (" + unforeseen + "); check its values");
        }
        return new RowWork<>(promptTokens, promptTokens, List.of(), answers -> null, refusal);
    }

    /** The same row, refused. */
    RowWork<A> refused(RowError reason) {
        return new RowWork<>(promptTokens, tokens, List.of(), finish, reason);
    }
}
