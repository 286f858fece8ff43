package io.promptmill.udf.spark;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.engine.CompletionOptions;
import io.promptmill.udf.engine.Request;
import io.promptmill.udf.prompt.PromptEncoder;
import io.promptmill.udf.sampler.SamplingParameters;
import java.util.Map;
import org.apache.spark.sql.Row;

/**
 * Builds the engine's request from a row. Methods throw {@link io.promptmill.udf.error.RequestException} for a row that
 * cannot be served. Belongs to one task: not thread-safe.
 */
record RequestBuilder(
        PromptReader prompts,
        RowIds ids,
        SamplingOverrides sampling,
        AdapterColumn adapters,
        Thinking thinking,
        PromptEncoder encoder,
        int context) {

    /**
     * Token ids of the row's prompt.
     *
     * @param given variables of the task for the template
     */
    int[] prompt(Row row, Map<String, ?> given) {
        int completion = prompts.cuts() ? sampling.of(row).maxTokens() : 0;
        return prompts.read(row, given, encoder, context - Math.min(completion, context / 2));
    }

    /**
     * Token ids of the row's prompt.
     *
     * @param answer tokens that have to fit behind it
     */
    int[] prompt(Row row, Map<String, ?> given, int answer) {
        return prompts.read(row, given, encoder, context - Math.min(answer, context / 2));
    }

    /** Whether the last prompt has been cut. */
    boolean hasCut() {
        return prompts.hasCut();
    }

    /** What the row itself demands of its completion, or null where it does not say. */
    ConstraintSpec constraint(Row row) {
        return prompts.constraint(row);
    }

    /** @param prompt the row's token ids, from {@link #prompt} */
    Request request(Row row, int[] prompt, CompletionOptions options) {
        SamplingParameters settled = thinking.settle(sampling.of(row), prompt, encoder);
        return new Request(ids.of(row, prompt), prompt, settled, adapters.of(row), options);
    }
}
