package io.promptmill.udf.prompt;

import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;

/**
 * A prompt to token ids: through the model's chat template where it has one, as plain text else. Thread-safe.
 * Every method throws {@link io.promptmill.udf.error.RequestException} for a prompt that cannot be used.
 */
public interface PromptEncoder {

    /** True where the model brings a chat template. */
    boolean hasChatTemplate();

    /** Tokenizes text as it is, with the begin-of-text token that the model asks for. */
    int[] encodeText(String text);

    /**
     * Renders the conversation with the chat template, ready for the assistant's turn, and tokenizes it.
     *
     * @param now the date and time that templates may write into a prompt; one for all rows of a job
     */
    default int[] encodeChat(List<ChatMessage> messages, LocalDateTime now) {
        return encodeChat(messages, now, Map.of());
    }

    /**
     * Renders the conversation as {@link #encodeChat(List, LocalDateTime)} does, with further variables for the template.
     *
     * @param extra such as {@code enable_thinking}; text, numbers, booleans, lists and maps
     */
    int[] encodeChat(List<ChatMessage> messages, LocalDateTime now, Map<String, ?> extra);

    /**
     * The tokens of an answer to a prompt, as they would be where both were tokenized together; no special tokens. Where the
     * prompt ends with a word, a space comes between, as in the texts that models are trained with.
     *
     * @param prompt token ids
     */
    int[] encodeContinuation(int[] prompt, String text);

    /**
     * The tokens of a mark that goes on where a prompt ends: the control token that is spelled so, where there is one, else
     * those of the text.
     *
     * @param prompt token ids
     */
    default int[] encodeMark(int[] prompt, String mark) {
        return encodeContinuation(prompt, mark);
    }
}
