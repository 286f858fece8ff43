package io.promptmill.udf.spark;

import io.promptmill.udf.engine.ChoiceRequest;
import io.promptmill.udf.engine.CompletionEngine;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;

/** Makes the requests of a label job. Belongs to one Spark task: not thread-safe. */
final class ChoiceRequests {
    private final RequestBuilder builder;
    private final String contentFree;
    private final ContentFreeScores shared = new ContentFreeScores();

    ChoiceRequests(LabelInputs inputs, CompletionEngine engine) {
        builder = inputs.rows().builder(engine);
        contentFree = inputs.task().calibrate();
    }

    /**
     * Token ids of the row's prompt.
     *
     * @param texts that are to be scored after it
     */
    int[] prompt(Row row, Map<String, Object> variables, List<String> texts) {
        int longest = 0;
        if (builder.prompts().cuts()) {
            for (String text : texts) {
                // A token for each byte is more than any tokenizer needs.
                longest = Math.max(longest, text.getBytes(StandardCharsets.UTF_8).length);
            }
        }
        return builder.prompt(row, variables, longest + 2);
    }

    /** Whether the last prompt has been cut. */
    boolean hasCut() {
        return builder.hasCut();
    }

    /** Asks how likely each text is after the prompt. */
    ChoiceRequest request(Row row, int[] prompt, List<String> texts) {
        return new ChoiceRequest(
                prompt,
                ChoiceTokens.of(texts, prompt, builder.encoder()),
                builder.adapters().of(row));
    }

    /**
     * Asks the same after content-free text.
     *
     * @param choices that the prompt tells of
     * @param asked as in {@link ContentFreeScores.Key}
     */
    ContentFreeScores.Shared contentFree(
            Row row, List<String> choices, String asked, Map<String, Object> variables, List<String> texts) {
        return shared.of(new ContentFreeScores.Key(builder.adapters().of(row), choices, asked), () -> {
            int[] prompt = builder.prompts().readContentFree(contentFree, variables, builder.encoder());
            return request(row, prompt, texts);
        });
    }
}
