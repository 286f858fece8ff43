package io.promptmill.udf.tokenizer;

import java.util.Optional;

/**
 * A model's tokenizer, and what comes with it.
 *
 * @param kind kind of vocabulary and pre-tokenizer, such as {@code gpt2 (llama-bpe)} or {@code tokenizer.json (BPE)}
 * @param chatTemplate source of the chat template
 * @param beginOfText spelling of the begin-of-text token
 * @param endOfText spelling of the end-of-text token
 */
public record ModelTokenizer(
        Tokenizer tokenizer,
        String kind,
        Optional<String> chatTemplate,
        Optional<String> beginOfText,
        Optional<String> endOfText) {}
