package io.promptmill.udf.spark;

import io.promptmill.udf.engine.Request;
import io.promptmill.udf.prompt.PromptEncoder;
import org.apache.spark.sql.Row;

/**
 * Builds the engine's request from a row. Both methods throw {@link io.promptmill.udf.error.RequestException} for a row
 * that cannot be served. Belongs to one task: not thread-safe.
 */
record RequestBuilder(
        PromptReader prompts, RowIds ids, SamplingOverrides sampling, AdapterColumn adapters, PromptEncoder encoder) {

    /** Token ids of the row's prompt. */
    int[] prompt(Row row) {
        return prompts.read(row, encoder);
    }

    /** @param prompt the row's token ids, from {@link #prompt} */
    Request request(Row row, int[] prompt) {
        return new Request(ids.of(row, prompt), prompt, sampling.of(row), adapters.of(row));
    }
}
