package io.promptmill.job;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.NearestName;
import io.promptmill.udf.spark.TaskSpec;
import java.util.List;

/** Binds the key {@code task} of a job and the section of the same name as its value. */
final class TaskSection {
    private static final List<String> TASKS = List.of("generate", "label", "extract", "embed");

    private TaskSection() {}

    /**
     * @param root the whole configuration
     * @throws ConfigException naming the key that is unknown, missing, wrong or without effect
     */
    static TaskSpec of(Section root) {
        String task = root.has("task") ? root.text("task") : TASKS.get(0);
        if (!TASKS.contains(task)) {
            throw new ConfigException("'task' is \"" + task + "\"; " + NearestName.hint(task, TASKS)
                    + "expected one of " + String.join(", ", TASKS));
        }
        for (String other : TASKS) {
            if (root.has(other) && !other.equals(task)) {
                throw new ConfigException("'" + other + "' has no effect in a job whose task is " + task
                        + "; set task: " + other + ", or remove the section");
            }
        }
        TaskSpec spec = switch (task) {
            case "label" -> LabelSection.of(root.value("label"));
            case "extract" -> ExtractSection.of(root.value("extract"));
            case "embed" -> EmbedSection.of(root.value("embed"));
            default -> GenerateSection.of(root.value("generate"));
        };
        if (task.equals("label")) {
            refuse(root, "sampling", "label, which samples nothing");
            refuse(root, "reasoning", "label, which computes the choices as the answer itself");
        }
        if (task.equals("embed")) {
            refuse(root, "sampling", "embed, which samples nothing");
            refuse(root, "reasoning", "embed, which completes nothing");
            refuse(root, "evaluate", "embed, which gives no answers to compare");
        }
        return spec;
    }

    private static void refuse(Section root, String section, String task) {
        if (root.has(section)) {
            throw new ConfigException(
                    "'" + section + "' has no effect in a job whose task is " + task + "; remove the section");
        }
    }
}
