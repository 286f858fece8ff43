package io.promptmill.udf.spark;

import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.error.RequestException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * Rows in, rows with what became of them out, in the same order. What is asked of the engine for a row, and which columns
 * that gives, is the task's business. Only a window of rows is held: it is filled up again before
 * every row that leaves, so the engine always has requests of this task to choose from and memory does not grow with the
 * partition. Belongs to one task: not thread-safe.
 */
final class CompletionIterator implements Iterator<Row> {
    /**
     * Tokens of the prompts under way from which on no further row is read. Bounds the memory of a window whose prompts
     * are very long: 8 MiB of ids and those of the prompt that goes beyond, besides the columns of the rows themselves.
     */
    static final long WINDOW_TOKENS = 2L << 20;

    /** A row whose requests are submitted. */
    private record Pending<A>(Row row, RowWork<A> work, boolean hasCut, List<CompletableFuture<A>> answers) {
        int requests() {
            return Math.max(1, work.requests().size());
        }

        void cancel() {
            answers.forEach(answer -> answer.cancel(false));
        }
    }

    private final Iterator<Row> rows;
    private final RowTask.Worker worker;
    private final String[] columns;
    private final CompletionEngine engine;
    private final int windowRequests;
    private final RowCounter counter;
    private final TaskWait wait;
    private final Function<Throwable, RuntimeException> onEngineFailure;
    private final ArrayDeque<Pending<?>> window = new ArrayDeque<>();
    private final ArrayDeque<Row> ready = new ArrayDeque<>();
    private int underWay;
    private long windowTokens;

    /**
     * @param columns that are added to those of a row
     * @param windowRequests under way from which on no further row is read
     * @param onEngineFailure turns a failure of the engine into what fails the task
     */
    CompletionIterator(
            Iterator<Row> rows,
            RowTask.Worker worker,
            String[] columns,
            CompletionEngine engine,
            int windowRequests,
            RowCounter counter,
            TaskContext task,
            Function<Throwable, RuntimeException> onEngineFailure) {
        this.rows = rows;
        this.worker = worker;
        this.columns = columns;
        this.engine = engine;
        this.windowRequests = windowRequests;
        this.counter = counter;
        this.wait = new TaskWait(task);
        this.onEngineFailure = onEngineFailure;
    }

    @Override
    public boolean hasNext() {
        fill();
        return !ready.isEmpty() || !window.isEmpty();
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException("no rows are left in this partition");
        }
        if (ready.isEmpty()) {
            Pending<?> head = window.peek();
            RowResult result = await(head);
            window.remove();
            underWay -= head.requests();
            windowTokens -= head.work.tokens();
            counter.count(head.row, result);
            result.rows().forEach(values -> ready.add(output(head, values)));
        }
        return ready.remove();
    }

    /** Gives up what is under way; an engine may drop requests whose future is cancelled. */
    void cancel() {
        window.forEach(Pending::cancel);
        window.clear();
    }

    private void fill() {
        while (underWay < windowRequests && windowTokens < WINDOW_TOKENS) {
            wait.checkAlive();
            if (!rows.hasNext()) {
                return;
            }
            Row row = rows.next();
            Pending<?> pending = submit(row, RowWork.of(0, () -> worker.start(row)));
            window.add(pending);
            underWay += pending.requests();
            windowTokens += pending.work.tokens();
        }
    }

    private <A> Pending<A> submit(Row row, RowWork<A> work) {
        Pending<A> pending = new Pending<>(row, work, work.refusal() == null && worker.hasCut(), new ArrayList<>());
        try {
            work.requests().forEach(request -> pending.answers.add(request.to(engine)));
            return pending;
        } catch (RequestException unusable) {
            pending.cancel();
            return new Pending<>(row, work.refused(unusable.rowError()), pending.hasCut, List.of());
        } catch (RuntimeException failure) {
            throw onEngineFailure.apply(failure);
        }
    }

    private <A> RowResult await(Pending<A> pending) {
        RowWork<A> work = pending.work;
        if (work.refusal() != null) {
            return worker.failed(work.refusal(), work.promptTokens(), 0);
        }
        List<A> answers = new ArrayList<>();
        try {
            for (CompletableFuture<A> answer : pending.answers) {
                answers.add(wait.get(answer));
            }
            return work.finish().apply(answers);
        } catch (RequestException unusable) {
            return refused(pending, unusable);
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof RequestException unusable) {
                return refused(pending, unusable);
            }
            throw onEngineFailure.apply(failure.getCause());
        }
    }

    private RowResult refused(Pending<?> pending, RequestException reason) {
        pending.cancel();
        return worker.failed(reason.rowError(), pending.work.promptTokens(), 0);
    }

    private Row output(Pending<?> pending, Map<String, Object> added) {
        Row input = pending.row;
        Object[] values = new Object[input.size() + columns.length];
        int column = 0;
        for (; column < input.size(); column++) {
            values[column] = input.get(column);
        }
        for (String name : columns) {
            values[column++] = name.equals(OutputSchema.PROMPT_TRUNCATED) ? pending.hasCut : added.get(name);
        }
        return RowFactory.create(values);
    }
}
