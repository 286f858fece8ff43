package io.promptmill.udf.prompt;

import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.tokenizer.Continuation;
import io.promptmill.udf.tokenizer.Tokenizer;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Encodes prompts for one model. Immutable and thread-safe. */
public final class ModelPromptEncoder implements PromptEncoder {
    private final Tokenizer tokenizer;
    private final ChatTemplate template;
    private final ControlTokenShield shield;
    private final Continuation continuation;

    /**
     * @param template the model's chat template, which brings its own begin- and end-of-text; null where it has none
     */
    public ModelPromptEncoder(Tokenizer tokenizer, ChatTemplate template) {
        this.tokenizer = Objects.requireNonNull(tokenizer, "tokenizer");
        this.template = template;
        this.continuation = new Continuation(tokenizer);
        this.shield = new ControlTokenShield(tokenizer.controlTokens().keySet());
    }

    /**
     * As the model file has it.
     *
     * @param name of the template for messages, such as the path of the model
     * @param source of the chat template; null where the file has none
     * @param beginOfText spelling of the begin-of-text token, or null
     * @param endOfText spelling of the end-of-text token, or null
     */
    public static ModelPromptEncoder of(
            Tokenizer tokenizer, String name, String source, String beginOfText, String endOfText) {
        return new ModelPromptEncoder(
                tokenizer, source == null ? null : new ChatTemplate(name, source, beginOfText, endOfText));
    }

    @Override
    public boolean hasChatTemplate() {
        return template != null;
    }

    @Override
    public int[] encodeText(String text) {
        if (text == null || text.isEmpty()) {
            throw new RequestException("the prompt is " + (text == null ? "null" : "empty") + "; expected text");
        }
        return checked(tokenizer.encode(text, true));
    }

    @Override
    public int[] encodeChat(List<ChatMessage> messages, LocalDateTime now, Map<String, ?> extra) {
        if (template == null) {
            throw new RequestException("the model has no chat template; send the prompt as plain text (chat = false)");
        }
        check(messages);
        List<String> texts = new ArrayList<>();
        for (ChatMessage message : messages) {
            texts.add(message.role());
            texts.add(message.content());
        }
        char character = ControlTokenShield.choose(texts);
        List<ChatMessage> shielded = messages.stream()
                .map(message -> new ChatMessage(
                        shield.apply(message.role(), character), shield.apply(message.content(), character)))
                .toList();
        int[] tokens = tokenizer.encodeTemplate(template.render(shielded, true, extra, now), false, character);
        return checked(withBeginOfText(tokens));
    }

    @Override
    public int[] encodeContinuation(int[] prompt, String text) {
        String tail = continuation.tail(prompt, prompt.length);
        boolean attached = tail.isEmpty() || text.isEmpty() || isOpen(tail.codePointBefore(tail.length()));
        String joined = attached || Character.isWhitespace(text.codePointAt(0)) ? text : " " + text;
        return continuation
                .encode(prompt, prompt.length, joined)
                .or(() -> continuation.encode(prompt, prompt.length, text))
                .orElseGet(() -> tokenizer.encode(text, false));
    }

    @Override
    public int[] encodeMark(int[] prompt, String mark) {
        Integer control = tokenizer.controlTokens().get(mark);
        return control == null ? encodeContinuation(prompt, mark) : new int[] {control};
    }

    /** Behind space, an opening bracket or a quotation mark a word follows without a space. */
    private static boolean isOpen(int codePoint) {
        return Character.isWhitespace(codePoint)
                || switch (Character.getType(codePoint)) {
                    case Character.START_PUNCTUATION, Character.INITIAL_QUOTE_PUNCTUATION -> true;
                    default -> codePoint == '"' || codePoint == '\'' || codePoint == '`';
                };
    }

    /** Most templates write the begin-of-text token themselves; a second one would harm the answer. */
    private int[] withBeginOfText(int[] tokens) {
        if (!tokenizer.addsBeginOfText() || tokenizer.beginOfText().isEmpty()) {
            return tokens;
        }
        int beginOfText = tokenizer.beginOfText().getAsInt();
        if (tokens.length > 0 && tokens[0] == beginOfText) {
            return tokens;
        }
        int[] longer = new int[tokens.length + 1];
        longer[0] = beginOfText;
        System.arraycopy(tokens, 0, longer, 1, tokens.length);
        return longer;
    }

    private static void check(List<ChatMessage> messages) {
        if (messages == null || messages.isEmpty()) {
            throw new RequestException("the conversation has no messages; expected at least one");
        }
        boolean empty = true;
        for (int i = 0; i < messages.size(); i++) {
            ChatMessage message = messages.get(i);
            if (message == null || message.role() == null || message.content() == null) {
                throw new RequestException("message " + (i + 1) + " of " + messages.size()
                        + " lacks its role or its content; expected text for both");
            }
            empty &= message.content().isEmpty();
        }
        if (empty) {
            throw new RequestException("every message of the conversation is empty; expected text");
        }
    }

    private static int[] checked(int[] tokens) {
        if (tokens.length == 0) {
            throw new RequestException("the prompt has no tokens; expected text");
        }
        return tokens;
    }
}
