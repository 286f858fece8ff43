package io.promptmill.udf.prompt;

import java.io.Serializable;
import java.util.Objects;

/**
 * Where a row's prompt comes from. Exactly one source is used.
 *
 * @param source kind of {@code value}
 * @param value a column of text, a column of messages (array of structs with {@code role} and {@code content}, or JSON
 *     text of the same), a template over columns such as {@code "Sentiment of: {{ review }}"}, or a column of requests,
 *     each of which is a conversation, a plain text or texts to embed
 * @param system system text put before the user's turn, or null; with a messages column, only where it has none itself
 * @param chat TRUE wraps the prompt in the model's chat template, FALSE sends it as plain text, null: chat where the
 *     model has a template
 * @param overlong what becomes of a prompt that does not fit into the context
 */
public record PromptSpec(Source source, String value, String system, Boolean chat, Overlong overlong)
        implements Serializable {

    /** Kinds of prompt. */
    public enum Source {
        COLUMN,
        MESSAGES,
        TEMPLATE,
        REQUEST
    }

    /** What becomes of a prompt that does not fit: an error of its row, or one whose longest text is cut. */
    public enum Overlong {
        ERROR,
        TRUNCATE_LEFT,
        TRUNCATE_RIGHT,
        TRUNCATE_MIDDLE;

        public boolean cuts() {
            return this != ERROR;
        }
    }

    /** A prompt that becomes an error of its row where it does not fit. */
    public PromptSpec(Source source, String value, String system, Boolean chat) {
        this(source, value, system, chat, Overlong.ERROR);
    }

    public PromptSpec {
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(value, "value");
    }
}
