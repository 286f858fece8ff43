package io.promptmill.udf.spark;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.engine.Completion;
import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.engine.CompletionOptions;
import io.promptmill.udf.engine.FinishReason;
import io.promptmill.udf.engine.Request;
import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.error.RowError;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;

/** Completions as text: one or several of each row. */
final class GenerateRows implements RowTask {
    private static final long serialVersionUID = 1L;

    /** Between a row's id and the number of its completion; no id of another row looks like that. */
    private static final String COMPLETION_SEPARATOR = "\0#";

    /** The highest mean first; what has none comes last. */
    private static final Comparator<Completion> BEST_FIRST = Comparator.comparingDouble(completion -> {
        double mean = completion.details().meanLogprob();
        return Double.isNaN(mean) ? Double.POSITIVE_INFINITY : -mean;
    });

    private final GenerateTask task;
    private final RowInputs inputs;

    /** @throws io.promptmill.udf.error.ConfigException where the constraint cannot be met or understood */
    GenerateRows(GenerateTask task, RowInputs inputs) {
        this.task = task;
        this.inputs = inputs;
        if (task.constraint() != null) {
            task.constraint().check();
        }
    }

    @Override
    public Worker open(CompletionEngine engine) {
        return new GenerateWorker(inputs.builder(engine));
    }

    /**
     * The options of a row's request with that index.
     *
     * @param own the row's constraint, or null for the job's
     */
    private CompletionOptions options(int index, ConstraintSpec own) {
        boolean ranked = task.bestOf() > task.n();
        return new CompletionOptions(
                own == null ? task.constraint() : own,
                inputs.reasoning(),
                ranked ? Math.max(0, task.logprobs()) : task.logprobs(),
                // The prompt is the same for all of a row's requests.
                index == 0 ? task.promptLogprobs() : CompletionOptions.NONE);
    }

    private final class GenerateWorker implements Worker {
        private final RequestBuilder builder;

        private GenerateWorker(RequestBuilder builder) {
            this.builder = builder;
        }

        @Override
        public RowWork<?> start(Row row) {
            int[] prompt = builder.prompt(row, Map.of());
            return RowWork.of(
                    prompt.length, () -> RowWork.completing(prompt.length, requests(row, prompt), this::finish));
        }

        private List<Request> requests(Row row, int[] prompt) {
            ConstraintSpec own = builder.constraint(row);
            Request first = builder.request(row, prompt, options(0, own));
            if (task.bestOf() == 1) {
                return List.of(first);
            }
            if (first.sampling().temperature() == 0) {
                throw new RequestException("the row's temperature is 0, with which all of its " + task.bestOf()
                        + " completions would be equal; give it a temperature, such as 0.8");
            }
            long tokens = (long) prompt.length * task.bestOf();
            if (tokens > CompletionIterator.WINDOW_TOKENS) {
                throw new RequestException(
                        ErrorCategory.PROMPT_TOO_LONG,
                        "a prompt of " + prompt.length + " tokens cannot be completed "
                                + task.bestOf() + " times at once; at most " + CompletionIterator.WINDOW_TOKENS
                                + " tokens of prompts are held for a row");
            }
            List<Request> requests = new ArrayList<>(List.of(first));
            for (int index = 1; index < task.bestOf(); index++) {
                requests.add(new Request(
                        first.rowId() + COMPLETION_SEPARATOR + index,
                        prompt.clone(),
                        first.sampling(),
                        first.adapter(),
                        options(index, own)));
            }
            return requests;
        }

        private RowResult finish(List<Completion> completions) {
            Completion first = completions.get(0);
            int spent = tokens(completions);
            for (Completion completion : completions) {
                if (completion.error() != null) {
                    return failed(completion.rowError(), completion.promptTokens(), spent);
                }
            }
            List<Completion> kept = new ArrayList<>(completions);
            if (task.bestOf() > task.n()) {
                kept.sort(BEST_FIRST);
                kept = kept.subList(0, task.n());
            }
            List<Map<String, Object>> rows = task.explode() ? exploded(kept, spent) : List.of(joined(kept, spent));
            if (task.promptLogprobs() != CompletionOptions.NONE) {
                Object logprobs = LogprobColumns.value(first.details().promptLogprobs());
                rows.forEach(row -> row.put(OutputSchema.PROMPT_LOGPROBS, logprobs));
            }
            return new RowResult(
                    rows,
                    completions.stream().mapToLong(Completion::promptTokens).sum(),
                    spent,
                    false,
                    completions.stream().allMatch(Completion::copied));
        }

        private Map<String, Object> joined(List<Completion> kept, int spent) {
            Map<String, Object> row = row(kept.get(0), spent);
            row.put(
                    OutputSchema.COMPLETIONS,
                    RowValues.toScala(kept.stream().map(Completion::text).toList()));
            return row;
        }

        /** Each with its own tokens, so that the column sums up; those of completions that are not kept are the first's. */
        private List<Map<String, Object>> exploded(List<Completion> kept, int spent) {
            List<Map<String, Object>> rows = new ArrayList<>();
            int dropped = spent - tokens(kept);
            for (Completion completion : kept) {
                Map<String, Object> row =
                        row(completion, completion.completionTokens() + (rows.isEmpty() ? dropped : 0));
                row.put(OutputSchema.COMPLETION_INDEX, rows.size());
                rows.add(row);
            }
            return rows;
        }

        private Map<String, Object> row(Completion completion, int completionTokens) {
            Map<String, Object> row =
                    RowResult.values(completion.finishReason(), completion.promptTokens(), completionTokens);
            row.put(OutputSchema.COMPLETION, completion.text());
            row.put(OutputSchema.REASONING, completion.details().reasoning());
            row.put(
                    OutputSchema.LOGPROBS,
                    LogprobColumns.value(completion.details().logprobs()));
            return row;
        }

        @Override
        public boolean hasCut() {
            return builder.hasCut();
        }

        @Override
        public RowResult failed(RowError error, int promptTokens, int completionTokens) {
            if (!task.explode()) {
                return RowResult.failed(error, promptTokens, completionTokens);
            }
            List<Map<String, Object>> rows = new ArrayList<>();
            for (int index = 0; index < task.n(); index++) {
                Map<String, Object> row =
                        RowResult.values(FinishReason.ERROR, promptTokens, index == 0 ? completionTokens : 0);
                row.put(OutputSchema.COMPLETION_INDEX, index);
                row.putAll(RowResult.columns(error));
                rows.add(row);
            }
            return new RowResult(Collections.unmodifiableList(rows), promptTokens, completionTokens, true, false);
        }
    }

    private static int tokens(List<Completion> completions) {
        return completions.stream().mapToInt(Completion::completionTokens).sum();
    }
}
