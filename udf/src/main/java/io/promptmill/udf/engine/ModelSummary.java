package io.promptmill.udf.engine;

import java.nio.file.Path;
import java.util.Map;

/**
 * What a model file holds and what it needs, found without computing anything.
 *
 * @param formatBytes stored bytes by block format
 * @param tokenizer kind of vocabulary and pre-tokenizer, such as {@code gpt2 (llama-bpe)}
 * @param chatTemplate source of the chat template, or null
 * @param weightBytes stored bytes of all tensors
 * @param kvBytesPerToken memory for keys and values of one token
 */
public record ModelSummary(
        String architecture,
        String name,
        long parameters,
        int layers,
        int embeddingLength,
        int feedForwardLength,
        int heads,
        int kvHeads,
        int contextLength,
        int vocabularySize,
        Map<String, Long> formatBytes,
        String tokenizer,
        String chatTemplate,
        long weightBytes,
        long kvBytesPerToken) {

    /**
     * Opens and validates a model file.
     *
     * @throws io.promptmill.udf.error.ModelFileException where the model cannot be used
     */
    public static ModelSummary of(Path model) {
        throw new UnsupportedOperationException("under construction");
    }
}
