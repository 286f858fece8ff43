package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.spark.LabelChoice;
import io.promptmill.udf.spark.LabelTask;
import java.util.ArrayList;
import java.util.List;

/** Binds the section {@code label}. */
final class LabelSection {
    private static final List<String> KEYS =
            List.of("choices", "column", "multi", "answers", "threshold", "abstain_below", "calibrate");

    private LabelSection() {}

    /** @throws ConfigException naming the key that is unknown, missing, wrong or without effect */
    static LabelTask of(JsonNode node) {
        Section section = Section.of("label", node, KEYS);
        boolean multi = section.flag("multi").orElse(false);
        for (String key : List.of("answers", "threshold")) {
            if (!multi && section.has(key)) {
                throw new ConfigException(
                        "'label." + key + "' has no effect without label.multi: true; remove it, or set"
                                + " that for rows with several labels");
            }
        }
        return new LabelTask(
                choices(section),
                section.text("column"),
                multi,
                section.texts("answers").orElse(LabelTask.YES_NO),
                section.number("threshold").orElse(0.5),
                section.number("abstain_below").orElse(0.0),
                section.text("calibrate"));
    }

    private static List<LabelChoice> choices(Section section) {
        JsonNode list = section.value("choices");
        if (list != null && (!list.isArray() || list.isEmpty())) {
            throw section.wrong(
                    "choices", list, "a list of texts, or of mappings with text and description, such as [yes, no]");
        }
        List<LabelChoice> choices = new ArrayList<>();
        for (int i = 0; list != null && i < list.size(); i++) {
            choices.add(choice("label.choices[" + i + "]", list.get(i)));
        }
        return choices;
    }

    private static LabelChoice choice(String path, JsonNode node) {
        if (node.isTextual()) {
            return new LabelChoice(node.textValue(), null);
        }
        if (!node.isObject()) {
            throw new ConfigException("'" + path + "' is " + node
                    + "; expected text (put it in quotes), or a mapping with text and description");
        }
        Section entry = Section.of(path, node, List.of("text", "description"));
        return new LabelChoice(entry.requireText("text"), entry.text("description"));
    }
}
