package io.promptmill.udf.spark;

import io.promptmill.udf.engine.Completion;
import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.engine.CompletionOptions;
import io.promptmill.udf.engine.FinishReason;
import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.error.RowError;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.internal.SQLConf;

/** Values of given types: a completion in JSON, held to a schema while it is generated, and read into a struct. */
final class ExtractRows implements RowTask {
    private static final long serialVersionUID = 1L;

    private final RowInputs inputs;
    private final JsonColumn.Struct columns;
    private final CompletionOptions options;
    private final boolean localDates;

    /** @throws io.promptmill.udf.error.ConfigException where the schema admits nothing, or is not understood */
    ExtractRows(ExtractTask task, RowInputs inputs) {
        this.inputs = inputs;
        this.columns = task.columns();
        this.options = new CompletionOptions(
                task.constraint(), inputs.reasoning(), CompletionOptions.NONE, CompletionOptions.NONE);
        // Executors turn values into Spark's own as the session on the driver has it.
        this.localDates = SQLConf.get().datetimeJava8ApiEnabled();
        task.constraint().check();
    }

    @Override
    public Worker open(CompletionEngine engine) {
        return new ExtractWorker(inputs.builder(engine));
    }

    private final class ExtractWorker implements Worker {
        private final RequestBuilder builder;

        private ExtractWorker(RequestBuilder builder) {
            this.builder = builder;
        }

        @Override
        public RowWork<?> start(Row row) {
            int[] prompt = builder.prompt(row, Map.of());
            return RowWork.of(
                    prompt.length,
                    () -> RowWork.completing(
                            prompt.length, List.of(builder.request(row, prompt, options)), this::finish));
        }

        /** A document that was closed at the limit is valid, but its last values are not the model's. */
        private static void requireWhole(Completion completion) {
            if (completion.finishReason() == FinishReason.LENGTH) {
                throw new RequestException(
                        ErrorCategory.CONSTRAINT,
                        "the document was not finished within " + completion.completionTokens()
                                + " tokens, and closed by the shortest end that the schema allows (column "
                                + OutputSchema.COMPLETION + "); raise sampling.max_tokens");
            }
        }

        private RowResult finish(List<Completion> completions) {
            Completion completion = completions.get(0);
            int promptTokens = completion.promptTokens();
            int completionTokens = completion.completionTokens();
            if (completion.error() != null) {
                return failed(completion.rowError(), promptTokens, completionTokens);
            }
            Map<String, Object> row = RowResult.values(completion.finishReason(), promptTokens, completionTokens);
            row.put(OutputSchema.COMPLETION, completion.text());
            row.put(OutputSchema.REASONING, completion.details().reasoning());
            boolean failed = false;
            try {
                requireWhole(completion);
                row.put(OutputSchema.EXTRACTED, new JsonDocument(completion.text(), localDates).read(columns));
            } catch (RequestException noDocument) {
                failed = true;
                row.put(OutputSchema.FINISH_REASON, FinishReason.ERROR.label());
                row.putAll(RowResult.columns(noDocument.rowError()));
            }
            return new RowResult(List.of(row), promptTokens, completionTokens, failed, completion.copied());
        }

        @Override
        public boolean hasCut() {
            return builder.hasCut();
        }

        @Override
        public RowResult failed(RowError error, int promptTokens, int completionTokens) {
            return RowResult.failed(error, promptTokens, completionTokens);
        }
    }
}
