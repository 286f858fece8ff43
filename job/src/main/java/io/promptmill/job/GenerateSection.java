package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.constraint.ConstraintSpec.Kind;
import io.promptmill.udf.engine.CompletionOptions;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.spark.GenerateTask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Binds the section {@code generate}. */
final class GenerateSection {
    private static final List<String> CONSTRAINTS =
            Arrays.stream(Kind.values()).map(Kind::label).toList();

    private GenerateSection() {}

    /** @throws ConfigException naming the key that is unknown or wrong, or the place of a constraint's text that is */
    static GenerateTask of(JsonNode node) {
        List<String> keys = new ArrayList<>(CONSTRAINTS);
        keys.addAll(List.of("logprobs", "prompt_logprobs", "n", "best_of", "explode"));
        Section section = Section.of("generate", node, keys);
        int n = section.smallInteger("n").orElse(1);
        GenerateTask task = new GenerateTask(
                constraint(section),
                logprobs(section, "logprobs"),
                logprobs(section, "prompt_logprobs"),
                n,
                section.smallInteger("best_of").orElse(n),
                section.flag("explode").orElse(false));
        if (task.constraint() != null) {
            task.constraint().check();
        }
        return task;
    }

    private static ConstraintSpec constraint(Section section) {
        List<Kind> given = Arrays.stream(Kind.values())
                .filter(kind ->
                        kind == Kind.JSON_OBJECT ? section.flag(kind.label()).orElse(false) : section.has(kind.label()))
                .toList();
        if (given.isEmpty()) {
            return null;
        }
        if (given.size() > 1) {
            throw new ConfigException("'generate' takes at most one of " + String.join(", ", CONSTRAINTS)
                    + "; given are " + given.stream().map(Kind::label).toList());
        }
        Kind kind = given.get(0);
        return new ConstraintSpec(kind, source(section, kind));
    }

    private static String source(Section section, Kind kind) {
        String key = kind.label();
        return switch (kind) {
            case CHOICE -> {
                var array = JsonNodeFactory.instance.arrayNode();
                section.texts(key).orElseThrow().forEach(array::add);
                yield array.toString();
            }
            case REGEX -> section.requireText(key);
            case JSON_SCHEMA -> JsonSchemaText.of(section, key);
            case JSON_OBJECT -> "";
            case GRAMMAR -> {
                String text = section.requireText(key);
                yield text.endsWith(".gbnf") && !text.contains("\n")
                        ? ReferredFile.read(section.pathOf(key), text)
                        : text;
            }
        };
    }

    private static int logprobs(Section section, String key) {
        int alternatives = section.smallInteger(key).orElse(CompletionOptions.NONE);
        if (section.has(key) && alternatives < 0) {
            throw section.wrong(key, section.value(key), "0 to " + CompletionOptions.MOST_ALTERNATIVES);
        }
        return alternatives;
    }
}
