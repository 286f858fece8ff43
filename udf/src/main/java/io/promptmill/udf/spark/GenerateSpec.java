package io.promptmill.udf.spark;

import com.esotericsoftware.kryo.DefaultSerializer;
import com.esotericsoftware.kryo.serializers.JavaSerializer;
import io.promptmill.udf.engine.EngineConfig;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.sampler.SamplingParameters;
import java.io.Serializable;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/**
 * What a job does with a row; travels to the executors.
 *
 * @param model path on every node, URI on a Hadoop filesystem, or the name of a file shipped with the job
 * @param idColumn keys a row's random stream; null: the prompt's own tokens key it
 * @param sampling defaults for every row
 * @param samplingColumns overrides per row: name of a sampling key ({@code temperature}, {@code max_tokens}, ...) to the
 *     column that holds it; null in a row keeps the default
 * @param start of the job, an instant in ISO 8601 such as {@code 2026-01-31T09:30:00Z}: the date that templates see, in
 *     UTC. Executors read no clock, so a row becomes the same prompt wherever and however often it is run
 * @param adapters that rows may use
 * @param task what is made of a row's prompt
 * @param reasoning whether the model thinks before it answers
 */
@DefaultSerializer(JavaSerializer.class)
public record GenerateSpec(
        String model,
        String idColumn,
        PromptSpec prompt,
        SamplingParameters sampling,
        Map<String, String> samplingColumns,
        EngineConfig engine,
        String start,
        AdapterSpec adapters,
        TaskSpec task,
        Reasoning reasoning)
        implements Serializable {

    /** @throws ConfigException where {@code start} is not an instant, or settings have no meaning for the task */
    public GenerateSpec {
        samplingColumns = Map.copyOf(samplingColumns);
        prompt = task.prompt(prompt);
        task.checkAgainst(sampling, samplingColumns.keySet(), reasoning);
        try {
            Instant.parse(start);
        } catch (DateTimeParseException malformed) {
            throw new ConfigException(
                    "the job's start is '" + start + "'; expected an instant such as 2026-01-31T09:30:00Z", malformed);
        }
    }

    /** A job of completions that starts now, without adapters. To be called on the driver, once for all rows of the job. */
    public GenerateSpec(
            String model,
            String idColumn,
            PromptSpec prompt,
            SamplingParameters sampling,
            Map<String, String> samplingColumns,
            EngineConfig engine) {
        this(
                model,
                idColumn,
                prompt,
                sampling,
                samplingColumns,
                engine,
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                AdapterSpec.NONE,
                GenerateTask.DEFAULT,
                Reasoning.AS_MODEL);
    }

    /** The same job with adapters. */
    public GenerateSpec withAdapters(AdapterSpec newAdapters) {
        return new GenerateSpec(
                model, idColumn, prompt, sampling, samplingColumns, engine, start, newAdapters, task, reasoning);
    }

    /** The same rows for another task. */
    public GenerateSpec withTask(TaskSpec newTask) {
        return new GenerateSpec(
                model, idColumn, prompt, sampling, samplingColumns, engine, start, adapters, newTask, reasoning);
    }

    /** The same job with a model that thinks, or does not. */
    public GenerateSpec withReasoning(Reasoning newReasoning) {
        return new GenerateSpec(
                model, idColumn, prompt, sampling, samplingColumns, engine, start, adapters, task, newReasoning);
    }

    /** The same job as if it had started at another moment: for a run that goes on with an earlier one's rows. */
    public GenerateSpec withStart(String newStart) {
        return new GenerateSpec(
                model, idColumn, prompt, sampling, samplingColumns, engine, newStart, adapters, task, reasoning);
    }

    /** The job's start as a date and time in UTC. */
    public LocalDateTime now() {
        return LocalDateTime.ofInstant(Instant.parse(start), ZoneOffset.UTC);
    }
}
