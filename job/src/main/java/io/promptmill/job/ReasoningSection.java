package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.engine.ReasoningSpec;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.spark.Reasoning;
import io.promptmill.udf.spark.Reasoning.Mode;
import java.util.List;

/** Binds the section {@code reasoning}. */
final class ReasoningSection {
    private static final List<String> KEYS = List.of("mode", "max_tokens", "start", "end");

    private ReasoningSection() {}

    /** @throws ConfigException naming the key that is unknown, missing, wrong or without effect */
    static Reasoning of(JsonNode node) {
        Section section = Section.of("reasoning", node, KEYS);
        if (section.keys().isEmpty()) {
            return Reasoning.AS_MODEL;
        }
        Mode mode = mode(section);
        if (mode == Mode.OFF && section.has("max_tokens")) {
            throw new ConfigException("'reasoning.max_tokens' has no effect where reasoning.mode is off; remove it");
        }
        ReasoningSpec usual = Reasoning.USUAL_MARKS;
        return new Reasoning(
                mode,
                new ReasoningSpec(
                        section.has("start") ? section.text("start") : usual.start(),
                        section.has("end") ? section.text("end") : usual.end(),
                        section.smallInteger("max_tokens").orElse(usual.maxTokens())));
    }

    /** YAML 1.1 has on and off for true and false, and a JSON file may have these. */
    private static Mode mode(Section section) {
        JsonNode value = section.value("mode");
        String word = value == null ? "" : value.isBoolean() ? (value.booleanValue() ? "on" : "off") : value.asText();
        return switch (word) {
            case "on" -> Mode.ON;
            case "off" -> Mode.OFF;
            case "" -> throw new ConfigException("'reasoning.mode' is missing; expected on or off");
            default -> throw section.wrong("mode", value, "on or off");
        };
    }
}
