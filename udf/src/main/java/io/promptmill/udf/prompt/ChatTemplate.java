package io.promptmill.udf.prompt;

import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.prompt.template.CompiledTemplate;
import io.promptmill.udf.prompt.template.TemplateFailure;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model's chat template (GGUF key {@code tokenizer.chat_template}): Jinja with the settings and additions of Hugging
 * Face's {@code apply_chat_template}. Templates come from strangers: they see only the values passed in, and work, text
 * and nesting are limited (see {@link CompiledTemplate}). Parsed once; immutable and thread-safe.
 */
public final class ChatTemplate {
    private final String name;
    private final String beginOfText;
    private final String endOfText;
    private final CompiledTemplate template;
    private final String broken;

    /**
     * Never fails: a template with a syntax error lets its model load, and refuses the rows that need it.
     *
     * @param name of the template for messages, such as the path of the model
     * @param source Jinja
     * @param beginOfText what {@code bos_token} stands for; null leaves it undefined
     * @param endOfText what {@code eos_token} stands for; null leaves it undefined
     */
    public ChatTemplate(String name, String source, String beginOfText, String endOfText) {
        this.name = name;
        this.beginOfText = beginOfText;
        this.endOfText = endOfText;
        CompiledTemplate compiled = null;
        String failure = null;
        try {
            compiled = CompiledTemplate.compile(source);
        } catch (TemplateFailure e) {
            failure = e.getMessage();
        }
        this.template = compiled;
        this.broken = failure;
    }

    /** Why the template can render nothing; empty where it can. */
    public Optional<String> syntaxError() {
        return Optional.ofNullable(broken);
    }

    /**
     * The conversation as the model was trained to see it.
     *
     * @param addGenerationPrompt whether the text ends where the assistant's turn begins
     * @param extra further variables, such as {@code enable_thinking}; text, numbers, booleans, lists and maps
     * @param now what {@code strftime_now} writes; the machine's clock is never read, so that a conversation becomes the
     *     same text wherever and whenever it is rendered
     * @throws RequestException where the template has a syntax error, refuses the conversation or breaks a limit
     */
    public String render(
            List<ChatMessage> messages, boolean addGenerationPrompt, Map<String, ?> extra, LocalDateTime now) {
        if (template == null) {
            throw new RequestException("the chat template of " + name + " cannot be used: " + broken
                    + ". Send plain text prompts, or mend the template in the model file");
        }
        List<Object> turns = new ArrayList<>(messages.size());
        for (ChatMessage message : messages) {
            Map<String, Object> turn = new LinkedHashMap<>();
            turn.put("role", message.role());
            turn.put("content", message.content());
            turns.add(turn);
        }
        Map<String, Object> variables = new LinkedHashMap<>(extra);
        variables.put("messages", turns);
        variables.put("add_generation_prompt", addGenerationPrompt);
        if (beginOfText != null) {
            variables.put("bos_token", beginOfText);
        }
        if (endOfText != null) {
            variables.put("eos_token", endOfText);
        }
        try {
            return template.render(variables, now);
        } catch (TemplateFailure e) {
            throw new RequestException(
                    "the chat template of " + name + " refuses this conversation: " + e.getMessage(), e);
        }
    }
}
