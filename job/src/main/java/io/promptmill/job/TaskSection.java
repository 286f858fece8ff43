package io.promptmill.job;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.NearestName;
import io.promptmill.udf.spark.TaskSpec;
import java.util.List;

/** Binds the key {@code task} of a job and the section of the same name as its value. */
final class TaskSection {
    private static final List<String> TASKS = List.of("generate", "label", "extract");

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
            default -> GenerateSection.of(root.value("generate"));
        };
        if (task.equals("label")) {
            refuse(root, "sampling", "samples nothing");
            refuse(root, "reasoning", "computes the choices as the answer itself");
        }
        return spec;
    }

    private static void refuse(Section root, String section, String reason) {
        if (root.has(section)) {
            throw new ConfigException("'" + section + "' has no effect in a job whose task is label, which " + reason
                    + "; remove the section");
        }
    }
}
