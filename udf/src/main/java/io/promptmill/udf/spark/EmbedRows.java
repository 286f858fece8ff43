package io.promptmill.udf.spark;

import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.engine.Embedding;
import io.promptmill.udf.engine.EmbeddingRequest;
import io.promptmill.udf.engine.FinishReason;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.error.RowError;
import io.promptmill.udf.prompt.PromptSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;

/** A vector for each row's text or, where rows are requests, for each text of a request. */
final class EmbedRows implements RowTask {
    private static final long serialVersionUID = 1L;

    private final EmbedTask task;
    private final RowInputs inputs;
    private final boolean ofRequests;

    EmbedRows(EmbedTask task, RowInputs inputs) {
        this.task = task;
        this.inputs = inputs;
        this.ofRequests = inputs.spec().prompt().source() == PromptSpec.Source.REQUEST;
    }

    @Override
    public Worker open(CompletionEngine engine) {
        RequestBuilder builder = inputs.builder(engine);
        return new EmbedWorker(builder, ofRequests ? new RequestTexts(inputs, builder) : null);
    }

    private final class EmbedWorker implements Worker {
        private final RequestBuilder builder;
        /** Null where a row is one text. */
        private final RequestTexts texts;

        private EmbedWorker(RequestBuilder builder, RequestTexts texts) {
            this.builder = builder;
            this.texts = texts;
        }

        @Override
        public RowWork<?> start(Row row) {
            RequestTexts.Read read = texts == null
                    ? new RequestTexts.Read(List.of(builder.prompt(row, Map.of(), 0)), null)
                    : texts.read(row);
            int tokens =
                    read.prompts().stream().mapToInt(prompt -> prompt.length).sum();
            return RowWork.of(tokens, () -> {
                List<EmbeddingRequest> requests = new ArrayList<>();
                for (int[] prompt : read.prompts()) {
                    requests.add(new EmbeddingRequest(prompt, builder.adapters().of(row), task.pooling()));
                }
                return RowWork.embedding(tokens, requests, answers -> finish(answers, read.dimensions()));
            });
        }

        /** @param dimensions that the row asks for, or null */
        private RowResult finish(List<Embedding> embeddings, Integer dimensions) {
            int tokens = embeddings.stream().mapToInt(Embedding::promptTokens).sum();
            int kept = dimensions == null ? task.dimensions() : dimensions;
            List<Object> vectors = new ArrayList<>();
            for (int i = 0; i < embeddings.size(); i++) {
                Embedding embedding = embeddings.get(i);
                if (embedding.error() != null) {
                    return failed(of(i, embeddings.size(), embedding.rowError()), tokens, 0);
                }
                try {
                    vectors.add(RowValues.toScala(EmbeddingVector.of(embedding.vector(), kept, task.normalize())));
                } catch (RequestException unusable) {
                    return failed(of(i, embeddings.size(), unusable.rowError()), tokens, 0);
                }
            }
            Map<String, Object> row = RowResult.values(FinishReason.STOP, tokens, 0);
            if (ofRequests) {
                row.put(OutputSchema.EMBEDDINGS, RowValues.toScala(vectors));
            } else {
                row.put(OutputSchema.EMBEDDING, vectors.get(0));
            }
            return new RowResult(
                    List.of(row), tokens, 0, false, embeddings.stream().allMatch(Embedding::copied));
        }

        /** The error with the text that it is about, where there are several. */
        private static RowError of(int index, int texts, RowError error) {
            return texts == 1 ? error : new RowError(error.category(), "input[" + index + "]: " + error.message());
        }

        @Override
        public boolean hasCut() {
            return texts == null ? builder.hasCut() : texts.hasCut();
        }

        @Override
        public RowResult failed(RowError error, int promptTokens, int completionTokens) {
            return RowResult.failed(error, promptTokens, completionTokens);
        }
    }
}
