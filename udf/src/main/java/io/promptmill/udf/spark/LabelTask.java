package io.promptmill.udf.spark;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.sampler.SamplingParameters;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The most likely of given choices, with its probability. Nothing is sampled: what the model gives each choice as the
 * prompt's continuation is computed.
 *
 * @param choices of every row; empty where a column has each row's own
 * @param column with each row's choices, or null
 * @param multi whether a row may have several labels: each choice is then asked about by itself
 * @param answers for and against a choice, of {@code multi}
 * @param threshold probability from which a choice is a label, of {@code multi}
 * @param abstainBelow probability below which a row gets no label
 * @param calibrate content-free text whose answers the probabilities are measured against, or null
 */
public record LabelTask(
        List<LabelChoice> choices,
        String column,
        boolean multi,
        List<String> answers,
        double threshold,
        double abstainBelow,
        String calibrate)
        implements TaskSpec {
    /** Template variable: a list of all choices, each with {@code text} and {@code description}. */
    static final String CHOICES = "choices";
    /** Template variable of {@code multi}: the text of the choice that is asked about. */
    static final String CHOICE = "choice";
    /** Template variable of {@code multi}: the description of that choice. */
    static final String DESCRIPTION = "description";

    /** More would take longer to score than anybody waits for. */
    static final int MOST_CHOICES = 10_000;

    /** Of {@code multi}, where nothing else is given. */
    public static final List<String> YES_NO = List.of("yes", "no");

    /** @throws ConfigException where a value is missing, given twice or out of range */
    public LabelTask {
        choices = List.copyOf(choices);
        answers = List.copyOf(answers);
        if (choices.isEmpty() == (column == null)) {
            throw new ConfigException("a label job needs exactly one of label.choices and label.column; "
                    + (column == null ? "none is given" : "both are given"));
        }
        checkTexts("label.choices", choices.stream().map(LabelChoice::text).toList());
        checkTexts("label.answers", answers);
        if (answers.size() != 2) {
            throw new ConfigException(
                    "label.answers is " + answers + "; expected two texts, the first for a choice, such as [yes, no]");
        }
        checkShare("label.threshold", threshold);
        checkShare("label.abstain_below", abstainBelow);
    }

    /** One label of each row, of these. */
    public static LabelTask of(String... choices) {
        return new LabelTask(
                List.of(choices).stream()
                        .map(text -> new LabelChoice(text, null))
                        .toList(),
                null,
                false,
                YES_NO,
                0.5,
                0,
                null);
    }

    @Override
    public String name() {
        return "label";
    }

    @Override
    public Set<String> templateVariables() {
        return multi ? Set.of(CHOICES, CHOICE, DESCRIPTION) : Set.of(CHOICES);
    }

    @Override
    public List<String> inputColumns() {
        return column == null ? List.of() : List.of(column);
    }

    @Override
    public void checkAgainst(SamplingParameters sampling, Set<String> overridden, Reasoning reasoning) {
        if (!sampling.equals(SamplingParameters.DEFAULT) || !overridden.isEmpty()) {
            throw new ConfigException("a label job samples nothing; remove the settings of sampling");
        }
        if (!reasoning.equals(Reasoning.AS_MODEL)) {
            throw new ConfigException("a label job computes the choices as the answer itself, without reasoning; remove"
                    + " the settings of reasoning");
        }
    }

    private static void checkTexts(String key, List<String> texts) {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < texts.size(); i++) {
            String text = texts.get(i);
            if (text == null || text.isBlank()) {
                throw new ConfigException(key + "[" + i + "] is " + (text == null ? "null" : "'" + text + "'")
                        + "; expected a text that is not blank");
            }
            if (!seen.add(text)) {
                throw new ConfigException(key + " has '" + text + "' twice; remove one of them");
            }
        }
        if (texts.size() > MOST_CHOICES) {
            throw new ConfigException(key + " has " + texts.size() + " texts; expected at most " + MOST_CHOICES);
        }
    }

    private static void checkShare(String key, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new ConfigException(key + " is " + value + "; expected a probability, 0 to 1");
        }
    }
}
