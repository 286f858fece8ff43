package io.promptmill.udf.spark;

import io.promptmill.udf.engine.ChoiceRequest;
import io.promptmill.udf.engine.ChoiceScores;
import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.engine.FinishReason;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.error.RowError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;

/** Any number of labels for each row: every choice is asked about by itself, and answered with one of two answers. */
final class MultiLabelRows implements RowTask {
    private static final long serialVersionUID = 1L;

    private final LabelInputs inputs;
    private final LabelTask task;

    /** @throws ConfigException where the task does not fit the prompt or the columns */
    MultiLabelRows(LabelTask task, RowInputs rows) {
        this.task = task;
        this.inputs = new LabelInputs(task, rows);
        if (!rows.prompts().reads(LabelTask.CHOICE)) {
            throw new ConfigException("label.multi asks about each choice by itself, which prompt.template has to name;"
                    + " write {{ choice }} in it, such as: Is this about {{ choice }}? {{ text }}");
        }
    }

    @Override
    public Worker open(CompletionEngine engine) {
        ChoiceRequests requests = new ChoiceRequests(inputs, engine);
        LabelInputs.checkTokens("label.answers", task.answers(), engine.encoder());
        return new MultiLabelWorker(requests);
    }

    /** The questions of a row, and of them those after content-free text that it is the first to ask. */
    private static final class Questions {
        private final List<String> choices;
        private final List<ChoiceRequest> requests = new ArrayList<>();
        private final List<RowWork.Submission<ChoiceScores>> shared = new ArrayList<>();
        private final List<Integer> counted = new ArrayList<>();
        private long promptTokens;

        private Questions(List<String> choices) {
            this.choices = choices;
        }
    }

    private final class MultiLabelWorker implements Worker {
        private final ChoiceRequests requests;

        private MultiLabelWorker(ChoiceRequests requests) {
            this.requests = requests;
        }

        @Override
        public RowWork<?> start(Row row) {
            List<LabelChoice> choices = inputs.choices(row);
            Questions questions = new Questions(LabelInputs.texts(choices));
            Map<String, Object> variables = LabelInputs.variables(choices);
            for (LabelChoice choice : choices) {
                ask(row, LabelInputs.variables(variables, choice), choice.text(), questions);
            }
            return RowWork.scoring(
                    (int) questions.promptTokens,
                    questions.requests,
                    questions.shared,
                    scores -> finish(questions, scores));
        }

        private void ask(Row row, Map<String, Object> variables, String choice, Questions questions) {
            int[] prompt = requests.prompt(row, variables, task.answers());
            questions.promptTokens += prompt.length;
            if (questions.promptTokens > CompletionIterator.WINDOW_TOKENS) {
                throw new RequestException(
                        ErrorCategory.PROMPT_TOO_LONG,
                        "the row's " + questions.choices.size() + " choices make more than "
                                + CompletionIterator.WINDOW_TOKENS
                                + " tokens of prompts; give it fewer choices or less text");
            }
            questions.requests.add(requests.request(row, prompt, task.answers()));
            if (task.calibrate() != null) {
                var shared = requests.contentFree(row, questions.choices, choice, variables, task.answers());
                questions.shared.add(shared.request());
                if (shared.isNew()) {
                    questions.counted.add(questions.choices.size() + questions.shared.size() - 1);
                }
            }
        }

        /** @param scores of each choice and, where they are calibrated, of each choice after content-free text */
        private RowResult finish(Questions questions, List<ChoiceScores> scores) {
            int choices = questions.choices.size();
            List<ChoiceScores> own = scores.subList(0, choices);
            int promptTokens = own.stream().mapToInt(ChoiceScores::promptTokens).sum();
            int choiceTokens = own.stream().mapToInt(ChoiceScores::choiceTokens).sum();
            for (ChoiceScores each : scores) {
                if (each.error() != null) {
                    return failed(each.rowError(), promptTokens, choiceTokens);
                }
            }
            Map<String, Double> byChoice = new LinkedHashMap<>();
            for (int i = 0; i < choices; i++) {
                double[] logprobs = own.get(i).logprobs();
                double[] answers = task.calibrate() == null
                        ? ChoiceProbabilities.of(logprobs)
                        : ChoiceProbabilities.calibrated(
                                logprobs, scores.get(choices + i).logprobs());
                byChoice.put(questions.choices.get(i), answers[0]);
            }
            Map<String, Object> row = RowResult.values(FinishReason.STOP, promptTokens, choiceTokens);
            decide(byChoice, row);
            List<ChoiceScores> counted = new ArrayList<>(own);
            questions.counted.forEach(index -> counted.add(scores.get(index)));
            return RowResult.scored(row, counted);
        }

        private void decide(Map<String, Double> byChoice, Map<String, Object> row) {
            List<String> labels = new ArrayList<>();
            double certainty = 1;
            double margin = 1;
            for (Map.Entry<String, Double> entry : byChoice.entrySet()) {
                double probability = entry.getValue();
                certainty = Math.min(certainty, Math.max(probability, 1 - probability));
                margin = Math.min(margin, Math.abs(probability - task.threshold()));
                if (probability >= task.threshold()) {
                    labels.add(entry.getKey());
                }
            }
            row.put(OutputSchema.LABEL, certainty < task.abstainBelow() ? null : RowValues.toScala(labels));
            row.put(OutputSchema.PROBABILITY, certainty);
            row.put(OutputSchema.MARGIN, margin);
            row.put(OutputSchema.PROBABILITIES, RowValues.toScala(byChoice));
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
