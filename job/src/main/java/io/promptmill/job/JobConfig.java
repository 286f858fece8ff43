package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.engine.EngineConfig;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.prompt.PromptSpec.Overlong;
import io.promptmill.udf.spark.AdapterSpec;
import io.promptmill.udf.spark.GenerateSpec;
import io.promptmill.udf.spark.Reasoning;
import io.promptmill.udf.spark.TaskSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * What a job does, bound from its configuration file. Immutable.
 *
 * @param model path on every node, URI on a Hadoop filesystem, the name of a file shipped with the job, or a reference to
 *     the Hugging Face hub
 * @param adapters that rows may use
 * @param task what is made of a row's prompt
 * @param reasoning whether the model thinks before it answers
 * @param evaluation or null
 * @param retryErrors whether a resumed job computes rows again that have an error
 * @param trigger when the input is taken
 * @param errors what errors of rows do to the job
 * @param earlyStop when the job ends before its last row
 */
record JobConfig(
        String model,
        InputConfig input,
        PromptSpec prompt,
        SamplingConfig sampling,
        OutputConfig output,
        EngineConfig engine,
        SparkConfig spark,
        AdapterSpec adapters,
        TaskSpec task,
        Reasoning reasoning,
        EvaluationConfig evaluation,
        boolean retryErrors,
        Trigger trigger,
        ErrorPolicy errors,
        EarlyStop earlyStop) {

    private static final List<String> KEYS = List.of(
            "model",
            "adapters",
            "adapter",
            "input",
            "prompt",
            "task",
            "generate",
            "label",
            "extract",
            "embed",
            "reasoning",
            "sampling",
            "output",
            "engine",
            "spark",
            "evaluate",
            "retry",
            "trigger",
            "trigger_seconds",
            "on_error",
            "max_error_fraction",
            "stop_early");

    private static final List<String> OVERLONG = Arrays.stream(Overlong.values())
            .map(way -> way.name().toLowerCase(Locale.ROOT))
            .toList();

    /**
     * Binds and checks a configuration.
     *
     * @throws ConfigException naming the first key that is unknown, missing or wrong
     */
    static JobConfig of(JsonNode root) {
        Section section = Section.of("", root, KEYS);
        InputConfig input = InputConfig.of(section.value("input"));
        boolean batch = input.format() == InputConfig.Format.OPENAI_BATCH;
        SamplingConfig sampling = SamplingConfig.of(section.value("sampling"));
        OutputConfig output = OutputConfig.of(section.value("output"));
        TaskSpec task = TaskSection.of(section);
        if (batch) {
            OpenAiBatch.of(task);
            sampling = OpenAiBatch.sampling(sampling, task);
        }
        if (output.format() == OutputFormat.OPENAI_BATCH) {
            OpenAiBatch.checkOutput(section, input, task);
        }
        Reasoning reasoning = ReasoningSection.of(section.value("reasoning"));
        task.checkAgainst(sampling.defaults(), sampling.columns().keySet(), reasoning);
        ErrorPolicy errors = ErrorPolicy.of(section);
        return new JobConfig(
                section.requireText("model"),
                input,
                task.prompt(batch ? OpenAiBatch.prompt(section) : prompt(section.value("prompt"))),
                sampling,
                output,
                RecordBinder.bind(
                        Section.of("engine", section.value("engine"), RecordBinder.keys(EngineConfig.class)),
                        EngineConfig.DEFAULT),
                SparkConfig.of(section.value("spark")),
                AdapterSection.of(section, input.adapter()),
                task,
                reasoning,
                EvaluationConfig.of(section.value("evaluate")),
                retryErrors(section, output),
                Trigger.of(section, output),
                errors,
                EarlyStop.of(section.value("stop_early"), errors));
    }

    /**
     * The part of the configuration that travels to the executors.
     *
     * @param resolvedAdapters as executors are given them
     */
    GenerateSpec generateSpec(String resolvedModel, AdapterSpec resolvedAdapters) {
        return new GenerateSpec(resolvedModel, input.id(), prompt, sampling.defaults(), sampling.columns(), engine)
                .withAdapters(resolvedAdapters)
                .withTask(task)
                .withReasoning(reasoning);
    }

    private static boolean retryErrors(Section section, OutputConfig output) {
        String retry = section.text("retry");
        if (retry != null && !retry.equals("errors")) {
            throw section.wrong("retry", section.value("retry"), "errors");
        }
        if (retry != null && output.mode() != OutputConfig.Mode.RESUME) {
            throw new ConfigException("'retry' has no effect with output.mode "
                    + output.mode().name().toLowerCase(Locale.ROOT) + "; set output.mode to resume, or remove it");
        }
        return retry != null;
    }

    private static PromptSpec prompt(JsonNode node) {
        Section section =
                Section.of("prompt", node, List.of("column", "messages", "template", "system", "chat", "overlong"));
        List<PromptSpec.Source> given = List.of(PromptSpec.Source.values()).stream()
                .filter(source -> section.has(key(source)))
                .toList();
        if (given.size() != 1) {
            String found = given.isEmpty()
                    ? "none is given"
                    : "given are " + given.stream().map(JobConfig::key).toList();
            throw new ConfigException("'prompt' needs exactly one of column, messages and template; " + found);
        }
        PromptSpec.Source source = given.get(0);
        return new PromptSpec(
                source,
                Objects.requireNonNull(section.text(key(source))),
                section.text("system"),
                section.flag("chat").orElse(null),
                overlong(section));
    }

    /** @param prompt the section of that name */
    static Overlong overlong(Section prompt) {
        return prompt.oneOf("overlong", OVERLONG)
                .map(name -> Overlong.valueOf(name.toUpperCase(Locale.ROOT)))
                .orElse(Overlong.ERROR);
    }

    private static String key(PromptSpec.Source source) {
        return source.name().toLowerCase(Locale.ROOT);
    }
}
