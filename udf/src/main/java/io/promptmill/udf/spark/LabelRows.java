package io.promptmill.udf.spark;

import io.promptmill.udf.engine.ChoiceScores;
import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.engine.FinishReason;
import io.promptmill.udf.error.RowError;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;

/** One label for each row: the choice that the model finds most likely after the row's prompt. */
final class LabelRows implements RowTask {
    private static final long serialVersionUID = 1L;

    private final LabelInputs inputs;
    private final LabelTask task;

    /** @throws io.promptmill.udf.error.ConfigException where the task does not fit the prompt or the columns */
    LabelRows(LabelTask task, RowInputs rows) {
        this.task = task;
        this.inputs = new LabelInputs(task, rows);
    }

    @Override
    public Worker open(CompletionEngine engine) {
        ChoiceRequests requests = new ChoiceRequests(inputs, engine);
        LabelInputs.checkTokens("label.choices", LabelInputs.texts(task.choices()), engine.encoder());
        return new LabelWorker(requests);
    }

    private final class LabelWorker implements Worker {
        private final ChoiceRequests requests;

        private LabelWorker(ChoiceRequests requests) {
            this.requests = requests;
        }

        @Override
        public RowWork<?> start(Row row) {
            List<LabelChoice> choices = inputs.choices(row);
            List<String> texts = LabelInputs.texts(choices);
            Map<String, Object> variables = LabelInputs.variables(choices);
            int[] prompt = requests.prompt(row, variables, texts);
            return RowWork.of(prompt.length, () -> {
                var request = requests.request(row, prompt, texts);
                if (task.calibrate() == null) {
                    return RowWork.scoring(
                            prompt.length, List.of(request), List.of(), scores -> finish(texts, scores, 0));
                }
                var shared = requests.contentFree(row, texts, null, variables, texts);
                return RowWork.scoring(
                        prompt.length,
                        List.of(request),
                        List.of(shared.request()),
                        scores -> finish(texts, scores, shared.isNew() ? 1 : 0));
            });
        }

        /**
         * @param scores of the row and, where they are calibrated, of content-free text
         * @param counted of the scores of content-free text, how many this row counts
         */
        private RowResult finish(List<String> texts, List<ChoiceScores> scores, int counted) {
            ChoiceScores own = scores.get(0);
            for (ChoiceScores each : scores) {
                if (each.error() != null) {
                    return failed(each.rowError(), own.promptTokens(), own.choiceTokens());
                }
            }
            double[] probabilities = scores.size() == 1
                    ? ChoiceProbabilities.of(own.logprobs())
                    : ChoiceProbabilities.calibrated(
                            own.logprobs(), scores.get(1).logprobs());
            int best = ChoiceProbabilities.best(probabilities);
            Map<String, Double> byText = new LinkedHashMap<>();
            for (int i = 0; i < probabilities.length; i++) {
                byText.put(texts.get(i), probabilities[i]);
            }
            Map<String, Object> row = RowResult.values(FinishReason.STOP, own.promptTokens(), own.choiceTokens());
            row.put(OutputSchema.LABEL, probabilities[best] < task.abstainBelow() ? null : texts.get(best));
            row.put(OutputSchema.PROBABILITY, probabilities[best]);
            row.put(OutputSchema.MARGIN, ChoiceProbabilities.margin(probabilities));
            row.put(OutputSchema.PROBABILITIES, RowValues.toScala(byText));
            return RowResult.scored(row, scores.subList(0, 1 + counted));
        }

        @Override
        public boolean hasCut() {
            return requests.hasCut();
        }

        @Override
        public RowResult failed(RowError error, int promptTokens, int completionTokens) {
            return RowResult.failed(error, promptTokens, completionTokens);
        }
    }
}
