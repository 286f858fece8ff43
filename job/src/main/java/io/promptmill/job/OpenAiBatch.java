package io.promptmill.job;

import io.promptmill.udf.engine.CompletionOptions;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.spark.EmbedTask;
import io.promptmill.udf.spark.GenerateTask;
import io.promptmill.udf.spark.TaskSpec;
import java.io.Serializable;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.api.java.function.FilterFunction;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

/**
 * Batch files of OpenAI's interface as rows: a line is a request with its own prompt and what it says of the answer. A line
 * that is none, or asks for what is not supported, becomes a row that says so.
 *
 * @param requests reads lines of the kind that the job's task serves
 */
record OpenAiBatch(OpenAiRequest requests) implements Serializable {
    static final String CUSTOM_ID = "custom_id";
    static final String URL = "url";
    static final String MODEL = "model";
    static final String REQUEST = "request";

    /** @throws ConfigException where the task serves no such requests */
    static OpenAiBatch of(TaskSpec task) {
        if (task instanceof GenerateTask generate) {
            return new OpenAiBatch(new OpenAiCompletionRequest(generate.logprobs()));
        }
        if (task instanceof EmbedTask) {
            return new OpenAiBatch(new OpenAiEmbeddingRequest());
        }
        throw new ConfigException("'input.format' is openai_batch, whose lines ask for completions or embeddings, and"
                + " 'task' is " + task.name() + "; remove the task or set embed, or read the file as jsonl");
    }

    /** @param lines with the text in the first column, as Spark's text source has it; blank ones are passed over */
    Dataset<Row> rows(Dataset<Row> lines) {
        FilterFunction<Row> hasText = line -> !line.getString(0).isBlank();
        MapFunction<Row, Row> parse = line -> requests.row(line.getString(0));
        return lines.filter(hasText).map(parse, Encoders.row(requests.schema()));
    }

    /** Where such rows have their prompts. */
    static PromptSpec prompt(Section root) {
        Section section = Section.anyKeys("prompt", root.value("prompt"));
        if (section.keys().stream().anyMatch(key -> !key.equals("overlong"))) {
            throw new ConfigException("'prompt' is given, but the lines of input.format openai_batch have their own;"
                    + " remove the section but for overlong, or read the file as jsonl");
        }
        return new PromptSpec(PromptSpec.Source.REQUEST, REQUEST, null, null, JobConfig.overlong(section));
    }

    /** The job's sampling, with what the rows bring laid over it. */
    static SamplingConfig sampling(SamplingConfig given, TaskSpec task) {
        if (task instanceof EmbedTask) {
            return given;
        }
        given.columns().keySet().stream().sorted().findFirst().ifPresent(key -> {
            throw new ConfigException("'sampling." + key + "' names a column, but the lines of input.format"
                    + " openai_batch have their own sampling; give a value for lines without it, or remove the key");
        });
        return new SamplingConfig(
                given.defaults(),
                OpenAiCompletionRequest.SAMPLING.keySet().stream().collect(Collectors.toMap(key -> key, key -> key)));
    }

    /** @throws ConfigException where rows of that task cannot be written as responses */
    static void checkOutput(Section root, InputConfig input, TaskSpec task) {
        String named = "'output.format' is openai_batch, ";
        if (input.format() != InputConfig.Format.OPENAI_BATCH) {
            throw new ConfigException(named + "which answers requests of input.format openai_batch; set that too, or"
                    + " choose another output.format, such as jsonl");
        }
        if (root.has("evaluate")) {
            throw new ConfigException(
                    named + "whose lines have no right answers beside them; remove 'evaluate', or choose jsonl");
        }
        if (task instanceof GenerateTask generate) {
            boolean several = generate.n() > 1 || generate.explode();
            boolean ofPrompts = generate.promptLogprobs() != CompletionOptions.NONE;
            List<String> keys = several ? List.of("n", "explode") : ofPrompts ? List.of("prompt_logprobs") : List.of();
            for (String key : keys) {
                if (root.value("generate").has(key)) {
                    throw new ConfigException(named + "which has no place for what 'generate." + key
                            + "' adds; remove it, or choose jsonl");
                }
            }
        }
    }
}
