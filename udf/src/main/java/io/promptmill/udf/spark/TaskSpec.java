package io.promptmill.udf.spark;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.sampler.SamplingParameters;
import java.io.Serializable;
import java.util.List;
import java.util.Set;

/** What is made of a row's prompt. Immutable and thread-safe; travels to the executors. */
public sealed interface TaskSpec extends Serializable permits GenerateTask, LabelTask, ExtractTask, EmbedTask {

    /** As the key {@code task} of a configuration spells it. */
    String name();

    /** Variables that the task adds to those of the prompt's template, besides the columns. */
    default Set<String> templateVariables() {
        return Set.of();
    }

    /** Columns of the input that the task reads, besides those of the prompt. */
    default List<String> inputColumns() {
        return List.of();
    }

    /** How the task takes its prompts, where the job leaves something open. */
    default PromptSpec prompt(PromptSpec given) {
        return given;
    }

    /** What completions of this task are held to. */
    default List<ConstraintSpec> constraints() {
        return List.of();
    }

    /**
     * @param overridden sampling keys that a column gives
     * @throws ConfigException where these settings have no meaning for the task
     */
    void checkAgainst(SamplingParameters sampling, Set<String> overridden, Reasoning reasoning);
}
