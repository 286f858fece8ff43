package io.promptmill.udf.spark;

import io.promptmill.udf.engine.Completion;
import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.engine.FinishReason;
import io.promptmill.udf.engine.Request;
import io.promptmill.udf.error.RequestException;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * Rows in, rows with completions out, in the same order. Only a window of rows is held: it is filled up again before
 * every row that leaves, so the engine always has requests of this task to choose from and memory does not grow with the
 * partition. Belongs to one task: not thread-safe.
 */
final class CompletionIterator implements Iterator<Row> {
    /**
     * Tokens of the prompts under way from which on no further row is read. Bounds the memory of a window whose prompts
     * are very long: 8 MiB of ids and those of the prompt that goes beyond, besides the columns of the rows themselves.
     */
    static final long WINDOW_TOKENS = 2L << 20;

    /** A row under way. {@code tokens}: of its prompt, 0 where it has none. */
    private record Pending(Row row, int tokens, CompletableFuture<Completion> completion) {}

    private final Iterator<Row> rows;
    private final RequestBuilder requests;
    private final CompletionEngine engine;
    private final int windowRows;
    private final GenerateMetrics metrics;
    private final TaskWait wait;
    private final Function<Throwable, RuntimeException> onEngineFailure;
    private final ArrayDeque<Pending> window = new ArrayDeque<>();
    private long windowTokens;

    /**
     * @param windowRows under way at most
     * @param metrics or null
     * @param onEngineFailure turns a failure of the engine into what fails the task
     */
    CompletionIterator(
            Iterator<Row> rows,
            RequestBuilder requests,
            CompletionEngine engine,
            int windowRows,
            GenerateMetrics metrics,
            TaskContext task,
            Function<Throwable, RuntimeException> onEngineFailure) {
        this.rows = rows;
        this.requests = requests;
        this.engine = engine;
        this.windowRows = windowRows;
        this.metrics = metrics;
        this.wait = new TaskWait(task);
        this.onEngineFailure = onEngineFailure;
    }

    @Override
    public boolean hasNext() {
        fill();
        return !window.isEmpty();
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException("no rows are left in this partition");
        }
        Pending head = window.peek();
        Completion completion = await(head);
        window.remove();
        windowTokens -= head.tokens;
        count(completion);
        return output(head.row, completion);
    }

    /** Gives up what is under way; an engine may drop requests whose future is cancelled. */
    void cancel() {
        window.forEach(pending -> pending.completion.cancel(false));
        window.clear();
    }

    private void fill() {
        while (window.size() < windowRows && windowTokens < WINDOW_TOKENS) {
            wait.checkAlive();
            if (!rows.hasNext()) {
                return;
            }
            Pending pending = start(rows.next());
            window.add(pending);
            windowTokens += pending.tokens;
        }
    }

    private Pending start(Row row) {
        int tokens = 0;
        try {
            int[] prompt = asRowError(() -> requests.prompt(row));
            tokens = prompt.length;
            return new Pending(row, tokens, submit(asRowError(() -> requests.request(row, prompt))));
        } catch (RequestException unusable) {
            Completion failed = Completion.failed(unusable.getMessage(), tokens);
            return new Pending(row, tokens, CompletableFuture.completedFuture(failed));
        }
    }

    /** What a row's values bring about concerns this row only, whatever the exception; a kill concerns the task. */
    private static <T> T asRowError(Supplier<T> step) {
        try {
            return step.get();
        } catch (RequestException | TaskKilledException meant) {
            throw meant;
        } catch (RuntimeException unforeseen) {
            throw new RequestException(
                    "the row cannot be made into a request (" + unforeseen + "); check its values", unforeseen);
        }
    }

    private CompletableFuture<Completion> submit(Request request) {
        try {
            return engine.submit(request);
        } catch (RequestException unusable) {
            throw unusable;
        } catch (RuntimeException failure) {
            throw onEngineFailure.apply(failure);
        }
    }

    private Completion await(Pending pending) {
        try {
            return wait.get(pending.completion);
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof RequestException unusable) {
                return Completion.failed(unusable.getMessage(), pending.tokens);
            }
            throw onEngineFailure.apply(failure.getCause());
        }
    }

    private void count(Completion completion) {
        if (metrics == null) {
            return;
        }
        metrics.rows().add(1L);
        metrics.promptTokens().add((long) completion.promptTokens());
        metrics.completionTokens().add((long) completion.completionTokens());
        if (completion.copied()) {
            metrics.copiedRows().add(1L);
        }
        if (completion.error() != null) {
            metrics.errors().add(1L);
        }
    }

    private static Row output(Row input, Completion completion) {
        boolean failed = completion.error() != null;
        Object[] values = new Object[input.size() + OutputSchema.ADDED.size()];
        int column = 0;
        for (; column < input.size(); column++) {
            values[column] = input.get(column);
        }
        values[column++] = failed ? null : completion.text();
        values[column++] = (failed ? FinishReason.ERROR : completion.finishReason()).label();
        values[column++] = completion.promptTokens();
        values[column++] = completion.completionTokens();
        values[column] = completion.error();
        return RowFactory.create(values);
    }
}
