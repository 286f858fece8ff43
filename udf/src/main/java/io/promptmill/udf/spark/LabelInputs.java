package io.promptmill.udf.spark;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.prompt.PromptEncoder;
import io.promptmill.udf.prompt.PromptSpec;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;

/** What both ways of labelling have in common: choices, and what a prompt is told of them. Immutable and thread-safe. */
final class LabelInputs implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Any prompt will do to see whether a model can tell texts apart. */
    private static final String ANY_PROMPT = "Answer:";

    private final LabelTask task;
    private final RowInputs inputs;
    private final RowChoices choices;

    /** @throws ConfigException where the task does not fit the prompt or the columns */
    LabelInputs(LabelTask task, RowInputs inputs) {
        this.task = task;
        this.inputs = inputs;
        this.choices = new RowChoices(task, inputs.schema());
        checkDescriptions();
        if (task.calibrate() != null) {
            checkContentFree();
        }
    }

    LabelTask task() {
        return task;
    }

    RowInputs rows() {
        return inputs;
    }

    /** @throws RequestException where the row has no usable choices */
    List<LabelChoice> choices(Row row) {
        return choices.of(row);
    }

    static List<String> texts(List<LabelChoice> choices) {
        return choices.stream().map(LabelChoice::text).toList();
    }

    /** What a template may say of all choices. */
    static Map<String, Object> variables(List<LabelChoice> choices) {
        List<Map<String, String>> list = new ArrayList<>();
        for (LabelChoice choice : choices) {
            Map<String, String> entry = new HashMap<>();
            entry.put("text", choice.text());
            entry.put("description", description(choice));
            list.add(entry);
        }
        return Map.of(LabelTask.CHOICES, list);
    }

    /** The same, and what it may say of the choice that is asked about. */
    static Map<String, Object> variables(Map<String, Object> all, LabelChoice asked) {
        Map<String, Object> variables = new HashMap<>(all);
        variables.put(LabelTask.CHOICE, asked.text());
        variables.put(LabelTask.DESCRIPTION, description(asked));
        return variables;
    }

    /** Templates write null as None in a list, which is no description. */
    private static String description(LabelChoice choice) {
        return choice.description() == null ? "" : choice.description();
    }

    /**
     * Looks at texts that are the same for all rows before the first of them.
     *
     * @throws ConfigException where the model cannot tell them apart
     */
    static void checkTokens(String key, List<String> texts, PromptEncoder encoder) {
        try {
            ChoiceTokens.of(texts, encoder.encodeText(ANY_PROMPT), encoder);
        } catch (RequestException unusable) {
            throw new ConfigException(key + ": " + unusable.getMessage(), unusable);
        }
    }

    private void checkDescriptions() {
        boolean described = task.choices().stream().anyMatch(choice -> choice.description() != null);
        PromptReader prompts = inputs.prompts();
        boolean used = prompts.reads(LabelTask.CHOICES)
                        && inputs.spec().prompt().value().contains(LabelTask.DESCRIPTION)
                || task.multi() && prompts.reads(LabelTask.DESCRIPTION);
        if (described && !used) {
            throw new ConfigException(
                    "label.choices has descriptions, but the prompt does not use them; write them with"
                            + " prompt.template, such as {% for c in choices %}{{ c.text }}: {{ c.description }}{% endfor %},"
                            + " or remove them");
        }
    }

    private void checkContentFree() {
        if (inputs.spec().prompt().source() != PromptSpec.Source.TEMPLATE) {
            throw new ConfigException(
                    "label.calibrate needs prompt.template, which tells a row's values from what is said"
                            + " of them; write {{ column }} in a template");
        }
        List<LabelChoice> sample =
                task.column() == null ? task.choices() : List.of(new LabelChoice(task.calibrate(), null));
        try {
            inputs.prompts().renderContentFree(task.calibrate(), variables(variables(sample), sample.get(0)));
        } catch (RequestException unusable) {
            throw new ConfigException(
                    "label.calibrate puts '" + task.calibrate() + "' in place of every value, with which the template"
                            + " cannot be rendered: " + unusable.getMessage(),
                    unusable);
        }
    }
}
